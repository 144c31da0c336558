/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_STUDENT_H
#define LRP_STAT_STUDENT_H

/*
 * The t with P(|T| <= t) = 0.95 for Student's distribution of `freedom` >= 1 degrees of freedom:
 * half the width of a 95 % interval, in standard errors. Good to 1e-9.
 */
double student_95(long freedom);

/*
 * The two-sided p-value of t, P(|T| >= |t|), good to 1e-9 of itself also where it is tiny. From a million
 * degrees of freedom on it is that of a million.
 */
double student_p(double t, long freedom);

#endif
