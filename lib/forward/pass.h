/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FORWARD_PASS_H
#define LRP_FORWARD_PASS_H

#include "ckpt/weights.h"
#include "graph/graph.h"
#include "record/tokens.h"
#include "tensor/tensor.h"

struct pass_request {
	const struct graph *graph;
	struct weight_source weights;
	int threads; /* of the matrix products */
};

/* The forward pass of one text at a time, in one precision, for whoever looks at values. */
struct pass_engine {
	struct pass *(*open)(const struct pass_request *request);
	/*
	 * The values of the marked nodes, one tensor a node, of the tokens at the positions of each
	 * side: [positions, neurons], or [heads, queries, keys]. They are there until the next call.
	 */
	const struct tensor *(*values)(
		struct pass *p, const struct tokens tokens[2], const bool *marked);
};
extern const struct pass_engine pass_engine;

#endif
