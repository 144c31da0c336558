/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/curves.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/print.h"
#include "stat/bootstrap.h"
#include "stat/correlation.h"

struct ablation *ablation_resample(const struct ablation_plan *p, long samples, long seed)
{
	struct ablation *a = must_alloc(1, sizeof *a);
	const struct loss_sums *l = &p->losses;
	long *weight = must_alloc((size_t)l->sentences, sizeof *weight);
	uint64_t state = (uint64_t)seed;

	*a = (struct ablation){ p, samples, must_alloc((size_t)samples + 1, sizeof *a->mean) };
	for (long s = 0; s < l->sentences; s++)
		weight[s] = 1;
	for (long d = 0; d <= samples; d++) {
		if (d)
			bootstrap_draw(weight, l->sentences, &state);
		a->mean[d] = must_alloc((size_t)l->files, sizeof **a->mean);
		loss_means(l, weight, a->mean[d]);
	}
	free(weight);
	return a;
}

/* The increase of a point over the unmasked model in sample d. */
static double increase(const struct ablation *a, const struct point *x, long d)
{
	return a->mean[d][x->file] - a->mean[d][a->plan->point[a->plan->base].file];
}

static double mean_top1(const struct loss_sums *l, long file)
{
	double sum = 0, steps = 0;

	for (long s = 0; s < l->sentences; s++) {
		sum += l->file[file].top1[s];
		steps += (double)l->steps[s];
	}
	return sum / steps;
}

/* Room for a number of each sample, reused by the caller. */
static double *samples_array(const struct ablation *a)
{
	return must_alloc((size_t)a->samples + 1, sizeof(double));
}

/* A cell of a table, empty where there is no number. */
static void put_number(FILE *to, double x)
{
	if (isnan(x))
		fputc('\t', to);
	else
		fprintf(to, "\t%.6g", x);
}

/* "value low high": of the data and of its samples, which get sorted. */
static void put_interval(FILE *to, double *value, long samples)
{
	double low, high;

	bootstrap_interval(value + 1, samples, &low, &high);
	put_number(to, value[0]);
	put_number(to, isnan(value[0]) ? NAN : low);
	put_number(to, isnan(value[0]) ? NAN : high);
}

/*
 * The same for a correlation, or a difference of two. A sample has the noise of its sentences
 * twice, which lowers correlations: quantiles would lie below the value. `most`: 1, or 2.
 */
static void put_correlation(FILE *to, const double *value, long samples, double most)
{
	double half = bootstrap_half_width(value + 1, samples);

	put_number(to, value[0]);
	half = isnan(value[0]) ? NAN : half;
	put_number(to, isnan(half) ? NAN : fmax(value[0] - half, -most));
	put_number(to, isnan(half) ? NAN : fmin(value[0] + half, most));
}

void ablation_write_points(FILE *to, const struct ablation *a)
{
	double *x = samples_array(a);

	fputs("order\tdirection\tremoved\thead\tloss\tincrease\tlow\thigh\ttop1\n", to);
	for (long i = 0; i < a->plan->count; i++) {
		const struct point *p = &a->plan->point[i];

		for (long d = 0; d <= a->samples; d++)
			x[d] = increase(a, p, d);
		print_plain(to, "%s\t%s\t%ld\t%s\t%.6g", p->order, direction_names[p->direction],
			p->removed, p->head, a->mean[0][p->file]);
		put_interval(to, x, a->samples);
		fprintf(to, "\t%.6g\n", mean_top1(&a->plan->losses, p->file));
	}
	free(x);
}

/* The area under a curve in sample d, its last point at 1; NaN where there is no curve. */
static double area(const struct ablation *a, const struct curve *c, long d)
{
	double sum = 0, y = 0;
	long removed = 0;

	for (long i = 0; c && i < c->count; i++) {
		const struct point *p = &a->plan->point[c->point[i]];
		double here = increase(a, p, d);

		sum += (double)(p->removed - removed) * (y + here) / 2;
		y = here;
		removed = p->removed;
	}
	return removed ? sum / (double)removed : NAN;
}

static double area_of(
	const struct ablation *a, const char *order, enum curve_direction direction, long d)
{
	return area(a, plan_curve(a->plan, order, direction), d);
}

static double percentile(const struct ablation *a, const char *order, long d)
{
	const struct ablation_plan *p = a->plan;
	double least = area_of(a, order, LEAST, d);
	long worse = 0, all = 0;

	for (long i = 0; i < p->curves; i++)
		if (p->curve[i].direction == RANDOM) {
			worse += area(a, &p->curve[i], d) > least;
			all++;
		}
	return all && !isnan(least) ? 100 * (double)worse / (double)all : NAN;
}

static double random_area(const struct ablation *a, long d)
{
	const struct ablation_plan *p = a->plan;
	double sum = 0;
	long all = 0;

	for (long i = 0; i < p->curves; i++)
		if (p->curve[i].direction == RANDOM) {
			sum += area(a, &p->curve[i], d);
			all++;
		}
	return all ? sum / (double)all : NAN;
}

/* Heads of a kind or a layer, as places among the SINGLE points. */
struct head_group {
	const char *name;
	long *head, count;
};

struct head_groups {
	struct head_group *at;
	long count;
};

/* Put head i into the group of this name, of `length` characters. */
static void group_add(struct head_groups *g, const char *name, size_t length, long i)
{
	struct head_group *to = g->at, *end = g->at + g->count;

	while (to < end && (strlen(to->name) != length || memcmp(to->name, name, length)))
		to++;
	if (to == end) {
		g->at = must_realloc(g->at, (size_t)g->count + 1, sizeof *g->at);
		to = &g->at[g->count++];
		char *copy = must_alloc(length + 1, 1);

		*to = (struct head_group){ .name = memcpy(copy, name, length) };
	}
	to->head = must_realloc(to->head, (size_t)to->count + 1, sizeof *to->head);
	to->head[to->count++] = i;
}

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
	r->at[r->count++] = (struct row){ m, heads, groups, NULL };
}

static struct row_list list_rows(const struct ablation_plan *p)
{
	struct head_groups none = { 0 }, all = { 0 }, kinds = { 0 }, layers = { 0 };
	struct row_list r = { 0 };

	for (long i = 0; i < p->heads; i++) {
		const char *head = p->point[p->single[i]].head;

		group_add(&all, "all", 3, i);
		group_add(&kinds, head, strcspn(head, "."), i);
		group_add(&layers, head, strcspn(head, ":"), i);
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

/* The mean of the correlations within the groups of a row, of those that have one. */
static double correlation(
	const struct ablation *a, const struct scores *s, const struct row *row, long d)
{
	const struct ablation_plan *p = a->plan;
	double *x = must_alloc((size_t)p->heads, 2 * sizeof *x), *y = x + p->heads, sum = 0;
	long count = 0;

	for (const struct head_group *g = row->groups.at; g < row->groups.at + row->groups.count;
		g++) {
		for (long i = 0; i < g->count; i++) {
			x[i] = s->score[g->head[i]];
			y[i] = increase(a, &p->point[p->single[g->head[i]]], d);
		}
		double r = (row->measure == MEASURE_SPEARMAN ? spearman : pearson)(x, y, g->count);

		sum += isnan(r) ? 0 : r;
		count += !isnan(r);
	}
	free(x);
	return count ? sum / (double)count : NAN;
}

static double measure_of(
	const struct ablation *a, const struct scores *s, const struct row *row, long d)
{
	switch (row->measure) {
	case MEASURE_LEAST:
		return area_of(a, s->order, LEAST, d);
	case MEASURE_AREA:
		return area_of(a, s->order, MOST, d) - area_of(a, s->order, LEAST, d);
	case MEASURE_PERCENTILE:
		return percentile(a, s->order, d);
	default:
		return correlation(a, s, row, d);
	}
}

/* A row of an order: of the data and of each sample. */
static double *measure_all(const struct ablation *a, const struct scores *s, const struct row *row)
{
	double *x = samples_array(a);

	for (long d = 0; d <= a->samples; d++)
		x[d] = measure_of(a, s, row, d);
	return x;
}

static void put_row(
	FILE *to, const struct ablation *a, const struct scores *s, const struct row *row)
{
	double *x = measure_all(a, s, row), *difference = samples_array(a);

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
	fputc('\n', to);
	free(x);
	free(difference);
}

static void put_random(FILE *to, const struct ablation *a, const char *tail)
{
	double *x = samples_array(a);

	for (long d = 0; d <= a->samples; d++)
		x[d] = random_area(a, d);
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

void ablation_write_summary(FILE *to, const struct ablation *a, const char *against)
{
	const struct ablation_plan *p = a->plan;
	const struct scores *other = against ? find_scores(p, against) : NULL;
	struct row_list rows = list_rows(p);

	for (long i = 0; other && i < rows.count; i++)
		rows.at[i].other = measure_all(a, other, &rows.at[i]);
	fprintf(to, "order\theads\tmeasure\tvalue\tlow\thigh%s\n",
		other ? "\tdifference\tdifference_low\tdifference_high" : "");
	for (long o = 0; o < p->orders; o++)
		for (long i = 0; i < rows.count; i++)
			put_row(to, a, &p->scores[o], &rows.at[i]);
	put_random(to, a, other ? "\t\t\t" : "");
}
