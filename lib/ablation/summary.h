/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_SUMMARY_H
#define LRP_ABLATION_SUMMARY_H

#include <stdio.h>

#include "ablation/curves.h"

/*
 * Lines of order, heads, measure, value, low, high, reliability, attainable, reached, note:
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
 * Correlations have their ceiling behind them (ablation/ceiling.h), which is the same for all
 * orders: reliability, attainable, reached = value / attainable, and a note where there is none.
 *
 * The last line, `random`, has the mean area of the random orders. Cells without a number are
 * empty. With the name of an order in `against` also the difference to that order's, with its
 * interval.
 */
void ablation_write_summary(FILE *to, const struct ablation *a, const char *against);

#endif
