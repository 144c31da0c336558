/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_NETWORK_H
#define LRP_NETWORK_NETWORK_H

#include "ckpt/weights.h"
#include "graph/graph.h"
#include "tensor/real.h"

struct op;
struct panels;
struct progress;

/* A part of each number of a matrix: W, |W|, max(W, 0), min(W, 0). */
enum part { PLAIN, SIZE, POSITIVE, NEGATIVE, PARTS };

/* The two ways through a matrix: values and heads go forward, relevance goes back. */
enum way { FORWARD, BACK, WAYS };

/*
 * A graph bound to its operations and weights. Weights are converted at their first use, whichever
 * thread that is. Matrices are matrix.h's own business.
 */
struct network {
	const struct graph *graph;
	const struct op **op; /* one a node */
	struct weight_source source;
	const real **weight[PARTS], **bias; /* one a node; NULL: not yet asked for */
	struct panels *
		*panels[PARTS][WAYS]; /* one a node: matrices as products take them (matrix.h) */
	struct arena *arena;	      /* the model's lifetime */
	int threads;		      /* of a forward pass' products; 1 at first */
	struct progress *progress;    /* is told which node is worked at; NULL: nobody is */
	long block; /* numbers of a matrix that are converted at a time; 0: it is kept */
	bool bf16;  /* parts whose numbers have one sign are multiplied in bf16 (matrix.h) */
};

/* A part of the weights [out, in] of a node; the bias [out], NULL where there is none. */
const real *network_weight(struct network *net, int node, enum part part);
const real *network_bias(struct network *net, int node);

/* Around what takes memory of the model's lifetime: one thread at a time. */
void network_lock(void);
void network_unlock(void);

/* One row of the weights, without converting the others. */
void network_weight_row(const struct network *net, int node, long row, real *out);

/* Some rows of the weights: where they are kept, or converted into `room` [count, inputs]. */
const real *network_weight_rows(
	const struct network *net, int node, long first, long count, real *room);

#endif
