/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_CURVES_H
#define LRP_ABLATION_CURVES_H

#include <stdint.h>
#include <stdio.h>

#include "ablation/plan.h"

/*
 * Mean losses of all points, of the data and of bootstrap samples of the sentences. All points see
 * the same sentences of a sample, so differences are paired. mean[d][file]: d = 0 is the data.
 */
struct ablation {
	const struct ablation_plan *plan;
	long samples;
	double **mean;
	uint64_t state; /* of the generator, behind the samples */
};

struct ablation *ablation_resample(const struct ablation_plan *p, long samples, long seed);

/* The increase of a point over the unmasked model in sample d. */
double ablation_increase(const struct ablation *a, const struct point *x, long d);

/*
 * Areas under an increase in sample d, over the part of the heads removed, which is 1 at a curve's
 * last point: of the curve of an order and a direction; the mean of those of the random orders; and
 * the percentage of these that have a larger one than the order has, least relevant heads first.
 * NaN where there are none.
 */
double ablation_area(
	const struct ablation *a, const char *order, enum curve_direction direction, long d);
double ablation_random_area(const struct ablation *a, long d);
double ablation_percentile(const struct ablation *a, const char *order, long d);

/* Room for a number of the data and of each sample, which the caller frees. */
double *ablation_samples(const struct ablation *a);

/* A line a point: its loss or divergence, by how much it is above that without masks, with the interval. */
void ablation_write_points(FILE *to, const struct ablation *a);

#endif
