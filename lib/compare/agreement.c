/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/agreement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "stat/bootstrap.h"
#include "stat/correlation.h"

enum { TOP = 10 };

const char *const agreement_names[] = { "spearman", "kendall", "overlap" };

/* "enc-self" of "enc-self.4". */
static size_t kind_length(const char *site)
{
	const char *dot = strrchr(site, '.');

	return dot ? (size_t)(dot - site) : strlen(site);
}

static void add_row(struct agreement *g, enum agreement_measure f, enum agreement_heads among,
	const char *kind, long from, long to)
{
	g->row = must_realloc(g->row, (size_t)g->rows + 1, sizeof *g->row);
	g->row[g->rows++] = (struct agreement_row){ f, among, kind, from, to, NAN, NAN, NAN };
}

/* The first site of another kind. */
static long kind_end(const struct matched_heads *m, long from)
{
	const char *site = m->at[from].a->site;
	size_t length = kind_length(site);

	for (; from < m->count; from++)
		if (kind_length(m->at[from].a->site) != length ||
			memcmp(m->at[from].a->site, site, length))
			break;
	return from;
}

static void list_rows(struct agreement *g, const struct matched_heads *m)
{
	for (enum agreement_measure f = AGREE_SPEARMAN; f <= AGREE_KENDALL; f++) {
		add_row(g, f, AGREE_ALL, NULL, 0, m->count);
		for (long from = 0, end; from < m->count; from = end) {
			char *kind = must_strdup(m->at[from].a->site);

			kind[kind_length(kind)] = '\0';
			end = kind_end(m, from);
			if (end - from < m->count)
				add_row(g, f, AGREE_KIND, kind, from, end);
		}
		add_row(g, f, AGREE_LAYER, NULL, 0, m->count);
	}
	add_row(g, AGREE_OVERLAP, AGREE_ALL, NULL, 0, m->count);
}

/* A mean and the head that has it. */
struct placed_mean {
	double mean;
	long head;
};

static int largest_first(const void *a, const void *b)
{
	const struct placed_mean *x = a, *y = b;

	if (x->mean != y->mean)
		return x->mean > y->mean ? -1 : 1;
	return (x->head > y->head) - (x->head < y->head);
}

/* Add 1 to the place of each of the k heads with the largest means; of equal ones the first. */
static void mark_top(const double *mean, long heads, long k, struct placed_mean *p, char *mark)
{
	for (long h = 0; h < heads; h++)
		p[h] = (struct placed_mean){ mean[h], h };
	qsort(p, (size_t)heads, sizeof *p, largest_first);
	for (long i = 0; i < k; i++)
		mark[p[i].head]++;
}

static double overlap(const double *a, const double *b, long heads, long k)
{
	struct placed_mean *p = must_alloc((size_t)heads, sizeof *p);
	char *mark = must_alloc((size_t)heads, 1);
	long both = 0;

	mark_top(a, heads, k, p, mark);
	mark_top(b, heads, k, p, mark);
	for (long h = 0; h < heads; h++)
		both += mark[h] == 2;
	free(p);
	free(mark);
	return (double)both / (double)k;
}

/* The value of a row, of the means a and b [heads]. */
static double measure(const struct agreement *g, const struct agreement_row *row,
	const struct matched_heads *m, const double *a, const double *b)
{
	double (*correlation)(const double *, const double *, long) =
		row->measure == AGREE_SPEARMAN ? spearman : kendall;
	const struct matched_site *first = &m->at[row->from], *last = &m->at[row->to - 1];
	long from = first->first, heads = last->first + last->heads - from, layers = 0;
	double sum = 0;

	if (row->measure == AGREE_OVERLAP)
		return overlap(a, b, m->heads, g->top);
	if (row->among != AGREE_LAYER)
		return correlation(a + from, b + from, heads);
	for (const struct matched_site *s = first; s <= last; s++) {
		double r = correlation(a + s->first, b + s->first, s->heads);

		sum += isnan(r) ? 0 : r;
		layers += !isnan(r);
	}
	return layers ? sum / (double)layers : NAN;
}

/* The means of one side, with the weights of a draw. */
static void draw_means(const struct paired_sums *s, const long *weight, long heads, double *mean)
{
	double n = 0;

	memset(mean, 0, (size_t)heads * sizeof *mean);
	for (long c = 0; c < s->sentences; c++) {
		const double *y = s->y + c * heads;
		double w = (double)weight[c];

		if (!weight[c])
			continue;
		for (long h = 0; h < heads; h++)
			mean[h] += w * y[h];
		n += w * (double)s->steps[c];
	}
	for (long h = 0; h < heads; h++)
		mean[h] /= n;
}

static void resample(struct agreement *g, const struct matched_heads *m, const struct paired *x)
{
	long most = x->a.sentences > x->b.sentences ? x->a.sentences : x->b.sentences;
	long *weight = must_alloc((size_t)most, sizeof *weight);
	double *a = must_alloc((size_t)m->heads, 2 * sizeof *a), *b = a + m->heads;
	double *value = must_alloc((size_t)g->rows, (size_t)g->samples * sizeof *value);
	uint64_t state = (uint64_t)g->seed;

	for (long n = 0; n < g->samples; n++) {
		bootstrap_draw(weight, x->a.sentences, &state);
		draw_means(&x->a, weight, m->heads, a);
		if (!x->paired)
			bootstrap_draw(weight, x->b.sentences, &state);
		draw_means(&x->b, weight, m->heads, b);
		for (long i = 0; i < g->rows; i++)
			value[i * g->samples + n] = measure(g, &g->row[i], m, a, b);
	}
	for (long i = 0; i < g->rows; i++) {
		struct agreement_row *row = &g->row[i];
		double half = bootstrap_half_width(value + i * g->samples, g->samples);

		if (isnan(row->value) || isnan(half))
			continue;
		row->low = fmax(row->value - half, row->measure == AGREE_OVERLAP ? 0 : -1);
		row->high = fmin(row->value + half, 1);
	}
	free(weight);
	free(a);
	free(value);
}

struct agreement *agreement_of(const struct matched_heads *m, const struct paired *x,
	const struct head_difference *d, long top, long samples, long seed)
{
	struct agreement *g = must_alloc(1, sizeof *g);
	double *a = must_alloc((size_t)m->heads, 2 * sizeof *a), *b = a + m->heads;

	if (top > m->heads)
		die("--top %ld: there are %ld heads that both sides have", top, m->heads);
	if (top < 0)
		top = m->heads < TOP ? m->heads : TOP;
	*g = (struct agreement){ .top = top,
		.samples = samples,
		.seed = seed,
		.intervals = x->a.sentences > 1 && x->b.sentences > 1 };
	list_rows(g, m);
	for (long h = 0; h < m->heads; h++) {
		a[h] = d[h].a;
		b[h] = d[h].b;
	}
	for (long i = 0; i < g->rows; i++)
		g->row[i].value = measure(g, &g->row[i], m, a, b);
	if (g->intervals)
		resample(g, m, x);
	free(a);
	return g;
}
