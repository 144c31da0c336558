/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_OP_LINEAR_H
#define LRP_OP_LINEAR_H

#include "network/carry.h"

/* Neurons of the node's input. */
static inline long linear_inputs(const struct network *net, int node)
{
	return net->graph->node[net->graph->node[node].input[0]].width;
}

/*
 * A cap of logits, C tanh(z / C), where the node has one (linear_cap.c): one output capped; outputs
 * z [count] capped in place; the slope where the capped output is y; relevance, or heads' arrays, of a
 * node times its outputs' slopes.
 */
double linear_capped(const struct network *net, int node, double z);
void linear_cap_rows(const struct network *net, int node, long count, real *z);
double linear_cap_slope(const struct network *net, int node, double y);
void linear_cap_back(struct block *b, int node);
void linear_cap_carry(struct carry *c, int node);

/* One output neuron of one row x [in]: z = sum_i W[neuron,i] x[i] + b[neuron], capped. */
double linear_output(struct network *net, int node, const real *x, long neuron);

/*
 * Where a sweep starts: `relevance` at one neuron of a step's own row, handed on to the inputs of
 * the node. Only that neuron's row of W is needed.
 */
void linear_start(struct block *b, int node, long step, long neuron, double relevance);

/* The same for the gradient: dv/dx = `slope` W[neuron,:], times the slope of a cap. */
void linear_start_gradient(struct block *b, int node, long step, long neuron, double slope);

#endif
