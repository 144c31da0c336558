/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_SPLIT_HALF_H
#define LRP_STAT_SPLIT_HALF_H

#include <stdint.h>

/*
 * Two random halves of `count` things: weight[c] is 1 of the first floor(count / 2) things of a
 * shuffle (Fisher and Yates; Knuth, TAOCP 2, 3.4.2 P), else 0. `state` is the generator's
 * (SplitMix64), `order` is scratch, [count].
 */
void split_half_draw(long *weight, long *order, long count, uint64_t *state);

/*
 * The reliability of a measurement, from the correlation r of those of two halves of its sample:
 * what two samples of full size would correlate by (Spearman 1910, Brown 1910),
 *
 *   2 r / (1 + r)
 *
 * It is at most 1. NaN where r is no number, or -1.
 */
double split_half_reliability(double r);

/*
 * What the true values would correlate by with a measurement of this reliability, which is the most that
 * anything can whose errors are others: its square root. NaN where reliability is not above 0.
 */
double split_half_attainable(double reliability);

#endif
