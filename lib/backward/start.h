/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BACKWARD_START_H
#define LRP_BACKWARD_START_H

#include "network/op.h"
#include "request/request.h"
#include "request/trace.h"

/*
 * The relevance that the steps of a sentence start with. At the logits it is one neuron a step, or
 * two of opposite sign; then only those rows of the output matrix are used. Else it is a whole row
 * of the starting node: all logits for the loss, any neurons of another node.
 */
struct start {
	const struct request *asked;
	const struct trace *trace;
	int node;
	int tokens;
	const int32_t *neuron; /* [steps, tokens] */
	const double *seed;    /* [steps, tokens]: relevance there */
	double *total;	   /* [steps]: what a step starts with, for the ledger; of a loss, written
				  by start_block() */
	long first, steps; /* those of the trace's steps that there are */
};

/* The node where sweeps start; a mistake is a usage error. */
int start_node(const struct request *q);

/* Do they start in whole rows of it? */
bool start_is_row(const struct request *q);

/* Mark the values that start_sentence() reads. */
void start_needs(const struct request *q, bool *need);

/* The steps of a sweep: with --from, every position of the node's side is one; else those drawn. */
void start_steps(const struct request *q, struct trace *t);

/* Draw the tokens of -t sample:SEED, if that is asked for: by the sentence's own tokens, the step's number
 * and the seed, whatever else is swept. */
void start_sample(
	const struct request *q, struct network *net, struct trace *t, real *const *value);

/* The start of a trace record's steps; of sums of steps (trace_sums()) only a loss starts. */
struct start start_sentence(
	const struct request *q, struct network *net, const struct trace *t, real *const *value);

/* Put the start of a block's steps where it belongs. */
void start_block(const struct start *s, struct block *b);

#endif
