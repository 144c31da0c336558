/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REFERENCE_OWNER_H
#define LRP_REFERENCE_OWNER_H

#include "ckpt/weights.h"
#include "graph/graph.h"
#include "reference/difference.h"

/*
 * Whose values an array has, by its name:
 *
 *     logits                    the last node
 *     hidden_states.L           the residual stream, as Hugging Face's models give it: 0 is what the
 *     encoder_hidden_states.L   first layer reads, L what layer L - 1 gives on; the last one is what
 *     decoder_hidden_states.L   comes behind the norm of the stack, where there is one
 *     a node's name             that node
 *     MODULE                    the nodes that multiply with the tensor `MODULE.weight`; either name may
 *                               have more in front, up to a dot
 */
struct owners;

struct owners *owners_new(const struct graph *g, struct weight_source weights);

/* The nodes that an array of that name may be of, in the arena; none: it is of no node. */
struct candidates {
	const int *nodes;
	int count;
	bool module; /* they are found by their weights, and the array is what a module gives */
	bool steps;  /* its rows may be the steps alone */
};
struct candidates owners_find(const struct owners *o, const char *name, struct arena *a);

/* A node whose value an array has. */
struct claim {
	int node;
	long rows, width; /* of the array */
	struct arrangement arrangement;
	bool steps;   /* its rows are steps, not positions */
	bool slice;   /* the node's neurons are some of the array's columns */
	double scale; /* it may be the value without this factor */
};
struct claims {
	struct claim *at;
	int count;
};

/* How many rows a value has. */
struct row_counts {
	long positions[2]; /* by side */
	long steps;
};

/*
 * Those of the candidates that an array of this shape is of: all that have a part of its columns, else
 * the first whose value has its shape, as one table of tokens may be that of two stacks and of the logits.
 * Dies, naming the array as `what`, where there is none.
 */
struct claims owners_choose(const struct owners *o, const struct candidates *c,
	const struct tensor *shape, const struct row_counts *rows, const char *what,
	struct arena *a);

#endif
