/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FORWARD_FORWARD_H
#define LRP_FORWARD_FORWARD_H

#include "network/batch.h"

/* Mark in need[] what the nodes marked there are computed from. */
void forward_needs(const struct network *net, bool *need);

/*
 * Compute the marked nodes in order; value[node] is allocated in the arena where it is NULL.
 * Values that are there stay as they are.
 */
void forward_run(struct network *net, const struct batch *b, const bool *need, real **value,
	struct arena *a);

/* One sentence's part of a node's value: [positions, neurons], or [heads, queries, keys]. */
struct tensor forward_value(const struct network *net, const struct batch *b, real *const *value,
	int node, int sentence);

#endif
