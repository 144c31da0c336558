/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_CORRELATION_H
#define LRP_STAT_CORRELATION_H

/*
 * Pearson's correlation of n pairs,
 *
 *   r = sum (x - mean x)(y - mean y) / sqrt(sum (x - mean x)^2  sum (y - mean y)^2)
 *
 * NaN where x or y is the same in all of them.
 */
double pearson(const double *x, const double *y, long n);

/* Spearman's: that of the ranks, equal values sharing the mean of their ranks. */
double spearman(const double *x, const double *y, long n);

#endif
