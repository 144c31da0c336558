/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REFERENCE_LINE_CHECK_H
#define LRP_REFERENCE_LINE_CHECK_H

#include "forward/pass.h"
#include "reference/arrays.h"
#include "reference/difference.h"
#include "reference/given.h"
#include "reference/owner.h"

/* What all lines are checked with. */
struct line_check_request {
	const struct graph *graph;
	struct given_request given;
	const struct owners *owners;
	const struct pass_engine *engine;
	struct pass *pass;
	struct reference *reference;
	double tolerance;
};

/* An array, or a part of it, held to the value of a node. */
struct finding {
	const struct array *array;
	const char *shape;
	int node;
	struct difference most;
	bool off;
};

struct line_check {
	struct given given;
	struct finding *findings; /* in the order in which nodes are computed */
	int count;
	int first;	  /* the first that is off; -1: none */
	long arrays, off; /* those that were compared, ids included, and those that are off */
};

/* Run the model on a line and compare the reference's arrays of it. Where its ids differ there are no
 * findings. Lists are in the arena. */
struct line_check line_check(
	const struct line_check_request *q, const struct sentence_line *line, struct arena *a);

/*
 * What a node is computed from without any of it being compared itself: flags, one a node. A mistake
 * that shows at the node is made there or in these.
 */
bool *not_compared_before(
	const struct graph *g, const struct line_check *c, int node, struct arena *a);

#endif
