/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/curves.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ablation/interval_cells.h"
#include "base/arena.h"
#include "base/print.h"
#include "stat/bootstrap.h"

struct ablation *ablation_resample(const struct ablation_plan *p, long samples, long seed)
{
	struct ablation *a = must_alloc(1, sizeof *a);
	const struct loss_sums *l = &p->losses;
	long *weight = must_alloc((size_t)l->sentences, sizeof *weight);
	uint64_t state = (uint64_t)seed;

	*a = (struct ablation){ p, samples, must_alloc((size_t)samples + 1, sizeof *a->mean), 0 };
	for (long s = 0; s < l->sentences; s++)
		weight[s] = 1;
	for (long d = 0; d <= samples; d++) {
		if (d)
			bootstrap_draw(weight, l->sentences, &state);
		a->mean[d] = must_alloc((size_t)l->files, sizeof **a->mean);
		loss_means(l, weight, a->mean[d]);
	}
	free(weight);
	a->state = state;
	return a;
}

double ablation_increase(const struct ablation *a, const struct point *x, long d)
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

double *ablation_samples(const struct ablation *a)
{
	return must_alloc((size_t)a->samples + 1, sizeof(double));
}

void ablation_write_points(FILE *to, const struct ablation *a)
{
	double *x = ablation_samples(a);

	fprintf(to, "order\tdirection\tremoved\thead\t%s\tincrease\tlow\thigh\ttop1\n",
		a->plan->losses.judge);
	for (long i = 0; i < a->plan->count; i++) {
		const struct point *p = &a->plan->point[i];

		for (long d = 0; d <= a->samples; d++)
			x[d] = ablation_increase(a, p, d);
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
		double here = ablation_increase(a, p, d);

		sum += (double)(p->removed - removed) * (y + here) / 2;
		y = here;
		removed = p->removed;
	}
	return removed ? sum / (double)removed : NAN;
}

double ablation_area(
	const struct ablation *a, const char *order, enum curve_direction direction, long d)
{
	return area(a, plan_curve(a->plan, order, direction), d);
}

double ablation_percentile(const struct ablation *a, const char *order, long d)
{
	const struct ablation_plan *p = a->plan;
	double least = ablation_area(a, order, LEAST, d);
	long worse = 0, all = 0;

	for (long i = 0; i < p->curves; i++)
		if (p->curve[i].direction == RANDOM) {
			worse += area(a, &p->curve[i], d) > least;
			all++;
		}
	return all && !isnan(least) ? 100 * (double)worse / (double)all : NAN;
}

double ablation_random_area(const struct ablation *a, long d)
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
