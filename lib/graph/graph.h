/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GRAPH_GRAPH_H
#define LRP_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "graph/kind.h"

/*
 * A model as a graph of operations, in the order in which they are computed: the inputs of a node
 * come before it. The last node is the logits. Nothing here depends on a model family.
 *
 *     source -+                                      target -+
 *             +-> enc.embed -> ... -> enc-self.0 ...          +-> dec.embed -> ... -> logits
 *     source.position -+                             target.position -+
 *
 * A decoder alone has no left half; an encoder alone has logits over the source's positions.
 */

/*
 * Whose positions the rows of a node are: source tokens, or the decoder's inputs. A graph may have
 * nodes of one side alone. What a query sees of its keys is attention's own setting: either side
 * can be causal.
 */
enum side { SOURCE, TARGET };

/*
 * What a node multiplies with: a tensor of the checkpoint, or a slice of it, as where queries, keys
 * and values are one tensor. Its rows are [rows, inputs], or, transposed, its columns: [inputs,
 * rows]. They lie one behind the other, or in blocks, as where the rows of a head's queries, keys and
 * values are followed by those of the next head. A bias has one number a row.
 */
struct weight {
	const char *tensor; /* NULL: none */
	long first, rows;   /* rows 0: all of them */
	long block, every;  /* so many rows, at every so many of the tensor; 0: one block */
	bool transposed;
};

struct node {
	const char *name;
	const struct kind *kind;
	int inputs, input[MAX_INPUTS];
	enum side side;
	int width; /* neurons of a row; of scores and softmax: heads (each has a value a key) */
	struct weight weight, bias;
	void *set; /* the kind's settings: struct attention, ...; NULL: it has none */
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

/* Is it less than the whole tensor, or transposed? */
bool weight_is_slice(const struct weight *w);

/* The place in the tensor of a row of the slice. */
long weight_place(const struct weight *w, long row);

/* Is this node the context vectors of attention heads (a head site)? */
bool node_is_heads(const struct node *n);

/* The settings of attention, of scores, softmax and context; NULL: the node is another. */
const struct attention *attention_of(const struct node *n);

/* The flags of a head site's heads that are switched off; NULL: none is, or it is another node. */
const bool *node_masked(const struct node *n);

/* The factor of the products that scores are sums of. */
double attention_scale(const struct node *n);

/* The factor of a table's rows; 1 of a node that is no table. */
double table_scale(const struct node *n);

/* Does it multiply its one input with a matrix? */
bool node_is_dense(const struct graph *g, const struct node *n);

/* Are a head's neurons made of the same neurons of its input, and of the head's others: turned, or
 * normed by head? */
bool node_keeps_heads(const struct node *n);

/* Is its value [heads, queries, keys] instead of [positions, width]? */
bool node_is_pairs(const struct node *n);

/* Numbers of a position's row of a node's value, in a sentence of rows[side] positions. */
long row_width(const struct node *n, const long rows[2]);

/* The number of attention's heads, 0 where nothing attends; the side of the keys, which is the node's
 * own where nothing attends. */
int node_heads(const struct node *n);
enum side node_keys(const struct node *n);

/* Heads of keys and values, and which of them a head reads. */
int key_heads(const struct attention *a);
long key_head(const struct attention *a, long head);

/* Keys that a query of attention sees: keys_from() .. keys_seen()-1 of so many. */
long keys_seen(const struct attention *a, long query, long keys);
long keys_from(const struct attention *a, long query);

/* Does a query see no key behind its own position? */
bool sees_past_only(const struct attention *a);

/* Has the graph nodes of this side? */
bool graph_has_side(const struct graph *g, enum side side);

/* The last node, and the side whose positions predict: its own. */
int graph_logits(const struct graph *g);
enum side graph_steps(const struct graph *g);

/*
 * Die unless every input comes before its node and has the form and the positions that the node's
 * kind takes, and unless settings and widths are as the kind needs them.
 */
void graph_check(const struct graph *g);

#endif
