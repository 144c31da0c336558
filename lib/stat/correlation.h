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

/*
 * Kendall's tau-b, of the n (n - 1) / 2 pairs of places,
 *
 *   tau = (concordant - discordant) / sqrt((pairs - those with equal x) (pairs - those with equal y))
 *
 * NaN where x or y is the same in all of them. By sorting (Knight 1966, doi 10.2307/2282833).
 */
double kendall(const double *x, const double *y, long n);

#endif
