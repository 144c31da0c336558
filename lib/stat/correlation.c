/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static bool all_same(const double *x, long n)
{
	for (long i = 1; i < n; i++)
		if (x[i] != x[0])
			return false;
	return true;
}

double pearson(const double *x, const double *y, long n)
{
	double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;

	if (all_same(x, n) || all_same(y, n))
		return NAN;
	for (long i = 0; i < n; i++) {
		mean_x += x[i] / (double)n;
		mean_y += y[i] / (double)n;
	}
	for (long i = 0; i < n; i++) {
		xx += (x[i] - mean_x) * (x[i] - mean_x);
		yy += (y[i] - mean_y) * (y[i] - mean_y);
		xy += (x[i] - mean_x) * (y[i] - mean_y);
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

static int by_value(const void *a, const void *b)
{
	double x = **(const double *const *)a, y = **(const double *const *)b;

	return (x > y) - (x < y);
}

/* rank[i] from 1; `sorted` is scratch. */
static void rank_all(const double *x, long n, const double **sorted, double *rank)
{
	for (long i = 0; i < n; i++)
		sorted[i] = x + i;
	qsort(sorted, (size_t)n, sizeof *sorted, by_value);
	for (long from = 0, to; from < n; from = to) {
		for (to = from; to < n && *sorted[to] == *sorted[from]; to++)
			;
		for (long k = from; k < to; k++)
			rank[sorted[k] - x] = (double)(from + to + 1) / 2;
	}
}

double spearman(const double *x, const double *y, long n)
{
	const double **sorted = must_alloc((size_t)n, sizeof *sorted);
	double *rank = must_alloc((size_t)n, 2 * sizeof *rank);

	rank_all(x, n, sorted, rank);
	rank_all(y, n, sorted, rank + n);
	double r = pearson(rank, rank + n, n);
	free(sorted);
	free(rank);
	return r;
}

struct point_pair {
	double x, y;
};

static int by_both(const void *a, const void *b)
{
	const struct point_pair *p = a, *q = b;

	if (p->x != q->x)
		return p->x > q->x ? 1 : -1;
	return (p->y > q->y) - (p->y < q->y);
}

/* Sort the y of p; how many pairs were in the wrong order. */
static double sort_counting(struct point_pair *p, long n, struct point_pair *scratch)
{
	long half = n / 2, i = 0, k = half;
	double wrong = 0;

	if (n < 2)
		return 0;
	wrong = sort_counting(p, half, scratch) + sort_counting(p + half, n - half, scratch);
	for (long to = 0; to < n; to++) {
		bool second = i == half || (k < n && p[k].y < p[i].y);

		wrong += second ? (double)(half - i) : 0;
		scratch[to] = p[second ? k++ : i++];
	}
	memcpy(p, scratch, (size_t)n * sizeof *p);
	return wrong;
}

/* Pairs of neighbours in a sorted list that have the same x, or y, or both. */
static double equal_pairs(const struct point_pair *p, long n, bool x, bool y)
{
	double pairs = 0;

	for (long i = 1, run = 0; i < n; i++) {
		bool equal = (!x || p[i].x == p[i - 1].x) && (!y || p[i].y == p[i - 1].y);

		run = equal ? run + 1 : 0;
		pairs += (double)run;
	}
	return pairs;
}

double kendall(const double *x, const double *y, long n)
{
	struct point_pair *p = must_alloc((size_t)n, 2 * sizeof *p);
	double pairs = (double)n * (double)(n - 1) / 2;

	for (long i = 0; i < n; i++)
		p[i] = (struct point_pair){ x[i], y[i] };
	qsort(p, (size_t)n, sizeof *p, by_both);
	double in_x = equal_pairs(p, n, true, false), in_both = equal_pairs(p, n, true, true);
	double wrong = sort_counting(p, n, p + n), in_y = equal_pairs(p, n, false, true);

	free(p);
	if (pairs == in_x || pairs == in_y)
		return NAN;
	return (pairs - in_x - in_y + in_both - 2 * wrong) / sqrt(pairs - in_x) /
	       sqrt(pairs - in_y);
}
