/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_OP_OP_H
#define LRP_OP_OP_H

#include "op/batch.h"
#include "op/block.h"
#include "op/carry.h"
#include "op/model.h"

#define op_find EITHER(op_find)
#define op_at EITHER(op_at)
#define op_embed EITHER(op_embed)
#define op_linear EITHER(op_linear)
#define op_add EITHER(op_add)
#define op_norm EITHER(op_norm)
#define op_activation EITHER(op_activation)
#define op_scores EITHER(op_scores)
#define op_softmax EITHER(op_softmax)
#define op_context EITHER(op_context)

/*
 * A kind of operation. Each stands in a file of its own with its formulas on top: forward,
 * relevance (backward) and what it keeps of formula (1).
 */
struct op {
	const char *name;
	int inputs;
	bool pairs;	  /* the value is [heads, queries, keys] instead of [positions, width] */
	bool costly;	  /* forward is a matrix product with weights: a trace stores the value */
	bool uses_inputs; /* relevance needs the values of the inputs */
	bool uses_output; /* with softmax=taylor or the gradient: its own value too */
	bool gradient_uses_inputs; /* they do, where relevance does not */

	/* Die unless the node is as this operation needs it. */
	void (*check)(const struct model *m, int node);
	/* value[node] from the values of the inputs, for all sentences of the batch. */
	void (*forward)(struct model *m, int node, const struct batch *b, real *const *value);
	/* What all blocks of steps share: the coefficients of the rule. May be NULL. */
	void (*prepare)(struct sentence *s, int node);
	/* Formula (5): hand the relevance of the node on to its inputs. NULL: a leaf. */
	void (*relevance)(struct block *b, int node);
	/* Formula (9): the heads' arrays at the node from those at its inputs. NULL: a leaf. */
	void (*carry)(struct carry *c, int node);
};

/* The operation of this name, or NULL. */
const struct op *op_find(const char *name);

/* The operations of the table, from 0 on; NULL: there are no more. */
const struct op *op_at(int i);

extern const struct op op_embed, op_linear, op_add, op_norm, op_activation, op_scores, op_softmax,
	op_context;

#endif
