/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GRAPH_GRAPH_H
#define LRP_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * A model as a graph of operations, in the order in which they are computed: the inputs of a node
 * come before it. The last node is the logits. Nothing here depends on a model family.
 *
 *     source -+                                      target -+
 *             +-> enc.embed -> ... -> enc-self.0 ...          +-> dec.embed -> ... -> logits
 *     source.position -+                             target.position -+
 */

/* Whose positions the rows of a node are: source tokens, or the decoder's inputs (one a step). */
enum side { SOURCE, TARGET };

struct node {
	const char *name;
	const char *op; /* name of the operation, as in the table of lib/op/op.c */
	int inputs, input[2];
	enum side side;
	enum side keys; /* scores, softmax, context: the side of the keys */
	int width;    /* neurons of a row; of scores and softmax: heads (each has a value a key) */
	int heads;    /* scores, softmax, context: attention heads; else 0 */
	bool *masked; /* context: one flag a head, switched off; NULL: none is */
	double *mean; /* context: [width], what masked heads give; NULL: zeros */
	bool causal;  /* scores: a query sees only keys up to its own position */
	bool positions;		   /* embed: of positions instead of token ids */
	double scale;		   /* embed: factor of the table; scores: factor of the products */
	double eps;		   /* norm: added to the variance */
	const char *function;	   /* activation: its name */
	const char *weight, *bias; /* tensors in the checkpoint, NULL: none */
};

struct graph {
	struct node *node;
	int nodes;
	const int *by_name; /* nodes in the order of their names; NULL: not sorted yet */
};

/* Sort the nodes by their names, for graph_find(); of equal names the first node comes first. */
void graph_index(struct graph *g, struct arena *a);

/* The index of a node, or -1. */
int graph_find(const struct graph *g, const char *name);

/* Is this node the context vectors of attention heads (a head site)? */
bool node_is_heads(const struct node *n);

/*
 * Die unless every input comes before its node, sides and widths fit, and heads divide widths;
 * `where` names the graph in messages. The operations check what only they know.
 */
void graph_check(const struct graph *g);

#endif
