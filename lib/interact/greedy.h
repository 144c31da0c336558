/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_INTERACT_GREEDY_H
#define LRP_INTERACT_GREEDY_H

#include "interact/interactions.h"

/*
 * The order in which heads go, one unit (a head, or a group that shares keys and values) after another: each
 * time the one with the least cost, given the set S of heads that this order has taken so far:
 *
 *     cost[u] = sum_(h in u) first[h] + 1/2 sum_(h,k in u) g[h,k] + factor sum_(h in u, k in S) g[h,k]
 *
 * Of equal costs the first unit in the order of heads. With factor 1 the costs of all that went add up to the
 * change of kl + sum first + 1/2 sum g over S.
 */
struct departure {
	long place;    /* at which a head's unit goes, 1 first; 0: it was gone before */
	double losing; /* kl and the costs up to its own; where it was gone before kl */
};

/* Of units of `unit` heads that follow each other; gone [heads] went before. */
void greedy_order(const struct interaction_means *m, double factor, long unit, const bool *gone,
	struct departure *to);

#endif
