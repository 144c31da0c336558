/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_OP_LINEAR_H
#define LRP_OP_LINEAR_H

#include "network/block.h"

/* Neurons of the node's input. */
static inline long linear_inputs(const struct network *net, int node)
{
	return net->graph->node[net->graph->node[node].input[0]].width;
}

/* One output neuron of one row x [in]: sum_i W[neuron,i] x[i] + b[neuron]. */
double linear_output(struct network *net, int node, const real *x, long neuron);

/*
 * Where a sweep starts: `relevance` at one neuron of a step's own row, handed on to the inputs of
 * the node. Only that neuron's row of W is needed.
 */
void linear_start(struct block *b, int node, long step, long neuron, double relevance);

/* The same for the gradient: dv/dx = `slope` W[neuron,:]. */
void linear_start_gradient(struct block *b, int node, long step, long neuron, double slope);

#endif
