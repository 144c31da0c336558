/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_TWO_STAGE_H
#define LRP_STAT_TWO_STAGE_H

#include <stdbool.h>

#include "record/record.h"

/*
 * How many steps of each sentence to draw, for the least work to an interval of some width: sampling
 * in two stages (Cochran 1977, 10.6 and 11.7 to 11.8), with a number of steps in place of a
 * share, and the cost of a sentence as it is. From sentences all of whose steps are there, with
 * y[c] the sum of a head over the n[c] steps of sentence c of C, m the mean over all steps, s[c]^2 the variance
 * of its steps, d[c] = min(k, n[c]), N the steps:
 *
 *   V(k)  = sum_c (y[c] - m n[c])^2 / (C - 1)  +  sum_c n[c]^2 (1/d[c] - 1/n[c]) s[c]^2 / C
 *   S(k)  = (1.96 / X)^2  max over heads V(k) / (N/C)^2      sentences to a half-width X
 *   W(k)  = S(k)  sum_c cost[c](d[c]) / C
 *
 * The k with the least W is the best one.
 */
struct two_stage;

struct two_stage *two_stage_new(void);

/* A record of heads, with `cost` (engine/cost.h). Dies where steps were drawn or the cost is missing. */
void two_stage_add(struct two_stage *x, const struct record *r);

/* The segment ended. */
void two_stage_close(struct two_stage *x);

/* How many steps to draw; the last is all. */
struct stage_plan {
	long steps;
	double sentences; /* S(k) */
	double work;	  /* W(k) */
};

/*
 * The plans for a half-width, by growing numbers of steps, and which is the best. With less than two
 * sentences nothing is known: one plan, all, whose numbers are 0.
 */
struct stage_plan *two_stage_plans(
	const struct two_stage *x, double half_width, long *count, long *best);

#endif
