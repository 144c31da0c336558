/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BACKWARD_START_H
#define LRP_BACKWARD_START_H

#include "network/op.h"
#include "record/record.h"
#include "request/request.h"

/*
 * The relevance that the steps of a sentence start with. At the logits it is one neuron a step, or
 * two of opposite sign; then only those rows of the output matrix are used. Else it is a whole row
 * of the starting node: all logits for the loss, any neurons of another node.
 */
struct start {
	int node;
	int tokens;
	const int32_t *neuron; /* [steps, tokens] */
	const double *seed;    /* [steps, tokens]: relevance there */
	const real *row;       /* [steps, width]; NULL: neurons */
	const double *total;   /* [steps]: what a step starts with, for the ledger */
	long first, steps;     /* the steps there are: one a position of the node's side */
};

/* The node where sweeps start; a mistake is a usage error. */
int start_node(const struct request *q);

/* Do they start in whole rows of it? */
bool start_is_row(const struct request *q);

/* Mark the values that start_sentence() reads. */
void start_needs(const struct request *q, bool *need);

/* The start of a trace record's steps. */
struct start start_sentence(const struct request *q, struct network *net, const struct record *r,
	real *const *value, const long rows[2]);

/* Put the start of a block's steps where it belongs. */
void start_block(const struct start *s, struct block *b);

#endif
