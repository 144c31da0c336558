/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_CURVES_H
#define LRP_ABLATION_CURVES_H

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
};

struct ablation *ablation_resample(const struct ablation_plan *p, long samples, long seed);

/* A line a point: its loss, by how much it is above that without masks, with the interval. */
void ablation_write_points(FILE *to, const struct ablation *a);

/*
 * Lines of order, heads, measure, value, low, high:
 *
 *   least        area under the increase of the loss, the least relevant heads removed first:
 *                trapezoids over the part removed, which is 1 at the curve's last point
 *   area         that of the most relevant first, minus `least`: between the two curves
 *   percentile   percent of the random orders whose area is larger than `least`
 *   spearman, pearson   correlation of the scores with the increase when a head is masked alone;
 *                of all heads, of a kind's, and the mean over layers (heads: `layer`)
 *
 * Intervals are quantiles over the samples; those of correlations are value -+ 1.96 deviations over
 * the samples, which have the noise of their sentences twice and so lower correlations.
 *
 * The last line, `random`, has the mean area of the random orders. Cells without a number are
 * empty. With the name of an order in `against` also the difference to that order's, with its
 * interval.
 */
void ablation_write_summary(FILE *to, const struct ablation *a, const char *against);

#endif
