/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_PLAN_H
#define LRP_ABLATION_PLAN_H

#include "ablation/loss_sums.h"

/* What was masked, in which order, and the losses that came of it: the points of an experiment. */
enum curve_direction { NONE, SINGLE, LEAST, MOST, RANDOM };

struct point {
	char *order; /* its name; "-" where there is none: NONE, SINGLE */
	enum curve_direction direction;
	long removed; /* heads */
	char *head;   /* SINGLE: which one, "enc-self.0:1"; else empty */
	long file;    /* of the losses */
};

/* The points of an order in one direction, more and more heads removed: LEAST, MOST or RANDOM. */
struct curve {
	const char *order;
	enum curve_direction direction;
	long *point, count;
};

/* How relevant an order says each head is; score[i] belongs to the i-th SINGLE point. */
struct scores {
	char *order;
	double *score;
};

struct ablation_plan {
	struct point *point;
	long count;
	long base; /* the point where no head is masked */
	struct loss_sums losses;
	long *single; /* the SINGLE points */
	long heads;   /* their count */
	struct curve *curve;
	long curves;
	struct scores *scores;
	long orders;
};

/* "least" and so on; direction_names[RANDOM + 1] is NULL. */
extern const char *const direction_names[];

/*
 * Read a plan, "-": of standard input: lines of order, direction, removed, head, file, separated by
 * tabs, below a line with these names. Each file is a stream of losses. One line is of NONE; a head
 * is masked alone once; curves run upwards in `removed`. Masks are judged by the records' `judge`,
 * "loss" or "kl".
 */
struct ablation_plan *plan_read(const char *file, const char *judge);

/*
 * Read scores of all heads of SINGLE points, those of other heads are left out: lines of order,
 * head, score below a line with these names. All curves of the plan have to end at the same number
 * of heads, so that they can be compared.
 */
void plan_scores(struct ablation_plan *p, const char *file);

/* NULL where there is none. */
const struct curve *plan_curve(
	const struct ablation_plan *p, const char *order, enum curve_direction direction);

#endif
