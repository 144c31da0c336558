/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CARRIED_MEETING_H
#define LRP_CARRIED_MEETING_H

#include "backward/backward.h"

/*
 * Where the two directions meet: heads below the node are carried forward to it, relevance comes
 * back from the start to it, and their product there is the head's relevance:
 *
 *     R(h, v) = sum over neurons u of the node of r(u<-v) H_h(u)
 *
 * That holds at every node that all paths from the heads below it to the start go through. Heads
 * above it are read from the backward sweep on its way.
 */
struct meeting {
	int node;	      /* -1: all backward */
	double back, forward; /* multiplications of both directions */
	struct plan backward; /* sites: the node, and the sites above it */
	const bool *reached;  /* nodes that carried heads reach, up to the meeting */
};

/*
 * The cheapest meeting for the sites asked for, in a sentence of so many positions and steps.
 * `only`: -2 to choose, else the node to meet at (-1: all backward).
 */
struct meeting meeting_plan(struct network *net, const struct request *asked, const struct trace *t,
	int only, struct arena *a);

#endif
