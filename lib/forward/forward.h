/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FORWARD_FORWARD_H
#define LRP_FORWARD_FORWARD_H

#include "base/pool.h"
#include "network/batch.h"

/*
 * Compute the nodes that are to be kept, in order, and what they are made of. Kept values are in the
 * arena; others are given back where nothing is made of them any more. Values that are there stay as
 * they are.
 */
void forward_run(struct network *net, const struct batch *b, const bool *keep, real **value,
	struct arena *a);

/* Values that are lent for as long as something is made of them. */
struct lent_values {
	struct pool *pool;
	bool *node; /* one a node: is its value lent? */
	int *last;  /* one a node: the last node that reads it */
};

/* None is lent yet; readers are the nodes that are computed. */
struct lent_values lent_new(const struct graph *g, const bool *computed, struct arena *a);
void lent_free(struct lent_values *l);

/* The node's value, lent. */
real *lent_take(struct lent_values *l, int node, long count);

/* The node was computed: values that it is the last to read are given back, and NULL. */
void lent_give(struct lent_values *l, const struct graph *g, int node, real **value);

/* One sentence's part of a node's value: [positions, neurons], or [heads, queries, keys]. */
struct tensor forward_value(const struct network *net, const struct batch *b, real *const *value,
	int node, int sentence);

#endif
