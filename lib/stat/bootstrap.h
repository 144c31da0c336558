/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_BOOTSTRAP_H
#define LRP_STAT_BOOTSTRAP_H

#include <stdint.h>

/*
 * Bootstrap (Efron 1979): from `count` things draw as many with replacement. weight[c] says how
 * often c was drawn; `state` is the generator's (SplitMix64).
 */
void bootstrap_draw(long *weight, long count, uint64_t *state);

/*
 * The 95 % interval of a bootstrap: the 2.5 % and 97.5 % quantiles of the values of all samples,
 * between which is interpolated. Values that are no numbers are left out; without any, low and
 * high are NaN. Sorts `value`.
 */
void bootstrap_interval(double *value, long samples, double *low, double *high);

/*
 * The half width of a 95 % interval around an estimate that samples are biased against:
 * 1.96 standard deviations of the values that are numbers; NaN of less than two.
 */
double bootstrap_half_width(const double *value, long samples);

#endif
