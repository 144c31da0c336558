/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_COMPARE_HEAD_DIFFERENCE_H
#define LRP_COMPARE_HEAD_DIFFERENCE_H

#include "compare/paired.h"

/*
 * The difference of a head's means over steps, with its spread over sentences. With y[c] the sum of
 * its relevance over the n[c] steps of sentence c (stat/average.h), N = sum_c n[c] of C sentences, m = sum_c y[c] / N on
 * either side, and r[c] = (y[c] - m n[c]) / N:
 *
 *   D          m_A - m_B
 *   error      sqrt(C / (C - 1) sum_c (r_A[c] - r_B[c])^2)            paired, C - 1 degrees of freedom
 *              sqrt(error_A^2 + error_B^2)                            else, f degrees of freedom
 *   low, high  D -+ t error,  t the 97.5 % quantile of Student's t
 *   p          P(|T| >= |D| / error), two-sided
 *
 * Both are of ratios of sums over sentences (Cochran 1977, 2.11, 6.3 and 6.19; the first one with the covariance of
 * both in it). Where the steps are the same, the first one is the error that step-average gives to the mean of the differences of
 * each step. Unpaired, f is the whole number at or below Welch's (1947),
 * (e_A^2 + e_B^2)^2 / (e_A^4 / (C_A - 1) + e_B^4 / (C_B - 1)), e being the errors of the sides.
 */
struct head_difference {
	double a, b; /* the means */
	double difference, error, low, high;
	long freedom; /* 0: a side has a single sentence: no error, low, high, p */
	double p;     /* NaN: not known */
	bool spread;  /* are error, low and high known? */
};

/* [heads] of all matched heads. Dies where a difference is no double. */
struct head_difference *differences(const struct matched_heads *m, const struct paired *x);

/* Steps and sentences behind the means of a site. */
struct site_counts {
	long steps_a, sentences_a, steps_b, sentences_b;
};
struct site_counts difference_counts(const struct matched_site *s, const struct paired *x);

#endif
