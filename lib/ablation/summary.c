/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ablation/ceiling.h"
#include "ablation/groups.h"
#include "ablation/interval_cells.h"
#include "base/arena.h"
#include "base/die.h"
#include "base/print.h"
#include "stat/correlation.h"

enum curve_measure {
	MEASURE_LEAST,
	MEASURE_AREA,
	MEASURE_PERCENTILE,
	MEASURE_SPEARMAN,
	MEASURE_PEARSON
};

static const char *const measure_names[] = { "least", "area", "percentile", "spearman", "pearson" };

/* A line of each order. A correlation is the mean of those within the groups. */
struct row {
	enum curve_measure measure;
	const char *heads;
	struct head_groups groups;
	struct ceiling ceiling; /* of a correlation */
	double *other; /* of the order to compare with: of the data and of the samples; or NULL */
};

struct row_list {
	struct row *at;
	long count;
};

static void add_row(
	struct row_list *r, enum curve_measure m, const char *heads, struct head_groups groups)
{
	r->at = must_realloc(r->at, (size_t)r->count + 1, sizeof *r->at);
	r->at[r->count++] = (struct row){ .measure = m, .heads = heads, .groups = groups };
}

static struct row_list list_rows(const struct ablation_plan *p)
{
	struct head_groups none = { 0 }, all = { 0 }, kinds = { 0 }, layers = { 0 };
	struct row_list r = { 0 };

	for (long i = 0; i < p->heads; i++) {
		const char *head = p->point[p->single[i]].head;

		head_groups_add(&all, "all", 3, i);
		head_groups_add(&kinds, head, strcspn(head, "."), i);
		head_groups_add(&layers, head, strcspn(head, ":"), i);
	}
	for (enum curve_measure m = MEASURE_LEAST; m <= MEASURE_PERCENTILE; m++)
		add_row(&r, m, "all", none);
	for (enum curve_measure m = MEASURE_SPEARMAN; m <= MEASURE_PEARSON; m++) {
		add_row(&r, m, "all", all);
		for (struct head_group *k = kinds.at; k < kinds.at + kinds.count; k++)
			add_row(&r, m, k->name, (struct head_groups){ k, 1 });
		add_row(&r, m, "layer", layers);
	}
	return r;
}

/* Of a row of correlations. */
static correlation_of *correlation_by(const struct row *row)
{
	return row->measure == MEASURE_SPEARMAN ? spearman : pearson;
}

/* The mean of the correlations within the groups of a row, of those that have one. */
static double correlation(
	const struct ablation *a, const struct scores *s, const struct row *row, long d)
{
	const struct ablation_plan *p = a->plan;
	double *y = must_alloc((size_t)p->heads, sizeof *y);

	for (long i = 0; i < p->heads; i++)
		y[i] = ablation_increase(a, &p->point[p->single[i]], d);
	double r = head_groups_correlation(&row->groups, correlation_by(row), s->score, y, 1);
	free(y);
	return r;
}

static double measure_of(
	const struct ablation *a, const struct scores *s, const struct row *row, long d)
{
	switch (row->measure) {
	case MEASURE_LEAST:
		return ablation_area(a, s->order, LEAST, d);
	case MEASURE_AREA:
		return ablation_area(a, s->order, MOST, d) - ablation_area(a, s->order, LEAST, d);
	case MEASURE_PERCENTILE:
		return ablation_percentile(a, s->order, d);
	default:
		return correlation(a, s, row, d);
	}
}

/* A row of an order: of the data and of each sample. */
static double *measure_all(const struct ablation *a, const struct scores *s, const struct row *row)
{
	double *x = ablation_samples(a);

	for (long d = 0; d <= a->samples; d++)
		x[d] = measure_of(a, s, row, d);
	return x;
}

/* Cells of a number that was looked for, '-' where there is none. */
static void put_found(FILE *to, double x)
{
	if (isnan(x))
		fputs("\t-", to);
	else
		put_number(to, x);
}

/* What can be had, and the part of it that a correlation reaches. */
static void put_ceiling(FILE *to, const struct ceiling *c, double value)
{
	put_found(to, c->reliability);
	put_found(to, c->attainable);
	if (isnan(c->attainable))
		fputs("\t-", to);
	else
		put_number(to, value / c->attainable);
	fprintf(to, "\t%s", c->note);
}

static void put_row(
	FILE *to, const struct ablation *a, const struct scores *s, const struct row *row)
{
	double *x = measure_all(a, s, row), *difference = ablation_samples(a);
	double value = x[0];

	for (long d = 0; row->other && d <= a->samples; d++)
		difference[d] = x[d] - row->other[d];
	print_plain(to, "%s\t%s\t%s", s->order, row->heads, measure_names[row->measure]);
	if (row->groups.count)
		put_correlation(to, x, a->samples, 1);
	else
		put_interval(to, x, a->samples);
	if (row->other && row->groups.count)
		put_correlation(to, difference, a->samples, 2);
	else if (row->other)
		put_interval(to, difference, a->samples);
	if (row->groups.count)
		put_ceiling(to, &row->ceiling, value);
	else
		fputs("\t\t\t\t", to);
	fputc('\n', to);
	free(x);
	free(difference);
}

static void put_random(FILE *to, const struct ablation *a, const char *tail)
{
	double *x = ablation_samples(a);

	for (long d = 0; d <= a->samples; d++)
		x[d] = ablation_random_area(a, d);
	if (!isnan(x[0])) {
		fputs("random\tall\tleast", to);
		put_interval(to, x, a->samples);
		fprintf(to, "%s\n", tail);
	}
	free(x);
}

/* The scores to compare with. */
static const struct scores *find_scores(const struct ablation_plan *p, const char *order)
{
	for (long o = 0; o < p->orders; o++)
		if (!strcmp(p->scores[o].order, order))
			return &p->scores[o];
	die_usage("--against: no order '%s' among the scores", order);
}

/* They are of the masks alone, the same for all orders. */
static void list_ceilings(struct row_list *rows, const struct ablation *a)
{
	struct half_costs h = halves_measure(a);

	for (struct row *r = rows->at; r < rows->at + rows->count; r++)
		if (r->groups.count)
			r->ceiling = ceiling_of(&h, &r->groups, correlation_by(r));
}

void ablation_write_summary(FILE *to, const struct ablation *a, const char *against)
{
	const struct ablation_plan *p = a->plan;
	const struct scores *other = against ? find_scores(p, against) : NULL;
	struct row_list rows = list_rows(p);

	for (long i = 0; other && i < rows.count; i++)
		rows.at[i].other = measure_all(a, other, &rows.at[i]);
	list_ceilings(&rows, a);
	fprintf(to,
		"order\theads\tmeasure\tvalue\tlow\thigh%s\treliability\tattainable\treached\tnote\n",
		other ? "\tdifference\tdifference_low\tdifference_high" : "");
	for (long o = 0; o < p->orders; o++)
		for (long i = 0; i < rows.count; i++)
			put_row(to, a, &p->scores[o], &rows.at[i]);
	put_random(to, a, other ? "\t\t\t\t\t\t\t" : "\t\t\t\t");
}
