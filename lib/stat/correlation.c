/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

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
