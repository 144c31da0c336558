/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_HEAD_NORM_H
#define LRP_STAT_HEAD_NORM_H

#include <stdbool.h>

/* A norm of head-norm: what of each head, divided by what of all heads of the step. */
struct head_norm {
	const char *name;
	double (*part)(double x);
	double (*divisor)(const double *x, long heads);
};

/* What was said already: each warning comes once. */
struct norm_said {
	bool zero, cancel;
};

/* sum, abs, max, size, square or none; another name is a usage error. */
const struct head_norm *norm_find(const char *name);

/* Dies where a norm is of each step, for rows that are sums of steps. */
void norm_check_sum(const struct head_norm *norm);

/*
 * The shares y of the heads x [heads] at a step of a site. Heads that are all zero have shares of 0
 * and a warning; so has a sum below a hundredth of the sizes in it. Dies where it is exactly zero,
 * and where a share is no longer a double.
 */
void norm_step(const struct head_norm *norm, double *y, const double *x, long heads, long step,
	const char *site, struct norm_said *said);

#endif
