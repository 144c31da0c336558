/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_OP_H
#define LRP_NETWORK_OP_H

#include "network/batch.h"
#include "network/block.h"
#include "network/carry.h"
#include "network/network.h"

/* A node's inputs and its own value, as bits. */
enum { INPUT_0 = 1, INPUT_1 = 2, OUTPUT = 4, INPUTS = INPUT_0 | INPUT_1 };

/* How something is handed on at a node. */
struct direction {
	/* The values that it needs, as INPUT_0, ..., OUTPUT; NULL: none. */
	unsigned (*reads)(const struct rule *rule);
	/* Multiplications for a row of relevance or of a head's array; NULL: a few a neuron. */
	double (*cost)(const struct graph *g, const struct node *n, const struct rule *rule,
		const long rows[2]);
	/* What all blocks of steps share: the coefficients of the rule. NULL: nothing. */
	void (*prepare)(struct sentence *s, int node);
	/* Formula (5): hand the relevance of the node on to its inputs. NULL: a leaf. */
	void (*back)(struct block *b, int node);
	/* Formula (9): the heads' arrays at the node from those at its inputs. NULL: a leaf. */
	void (*carry)(struct carry *c, int node);
};

/*
 * What is done at the nodes of a kind. Each stands in a file of its own with its formulas on top:
 * forward, relevance (backward) and what it keeps of formula (1).
 */
struct op {
	const struct kind *kind; /* what a node is, whatever is done with it */
	/* The inputs that get relevance and hand heads on, as INPUT_0, ...; NULL: all. */
	unsigned (*takes)(const struct rule *rule);

	/* value[node] from the values of the inputs, for all sentences of the batch. */
	void (*forward)(struct network *net, int node, const struct batch *b, real *const *value);
	struct direction relevance; /* by the shares of a rule */
	struct direction gradient;  /* by the derivative of forward */
};

/* The direction of a sweep by this rule. */
const struct direction *op_direction(const struct op *op, const struct rule *rule);

/* Does input k of a node get relevance? */
bool op_takes(const struct op *op, const struct rule *rule, int k);

/* Multiplications for a row of relevance at a node, or of a head's array. */
double op_cost(const struct op *op, const struct graph *g, int node, const struct rule *rule,
	const long rows[2]);

#endif
