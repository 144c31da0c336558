/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scale: each neuron times a number.
 *
 * Forward     y = c x
 * Relevance   one contribution to each output: passes, R_in = R
 * Carry       the same: H = H_in
 * Gradient    dv/dx = c dv/dy; carried the same
 * Keeps       everything
 * Source      Voita et al. 2019, (3)
 */
#include "network/op.h"

static real factor_of(const struct node *n)
{
	const struct factor *f = n->set;

	return (real)f->factor;
}

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	long count = b->rows[n->side] * n->width;

	for (long i = 0; i < count; i++)
		value[node][i] = factor_of(n) * value[n->input[0]][i];
}

static void relevance_back(struct block *b, int node)
{
	block_pass(b, node, b->sentence->network->graph->node[node].input[0]);
}

static void relevance_carry(struct carry *c, int node)
{
	carry_pass(c, c->sentence->network->graph->node[node].input[0], node);
}

static void gradient_back(struct block *b, int node)
{
	const struct node *n = &b->sentence->network->graph->node[node];
	long count = block_layout(b, node)->rows * n->width;

	for (long i = 0; i < count; i++)
		b->relevance[node][i] *= factor_of(n);
	block_pass(b, node, n->input[0]);
}

static void gradient_carry(struct carry *c, int node)
{
	const struct node *n = &c->sentence->network->graph->node[node];
	long count = c->slots[node] * carry_size(c, node);

	carry_pass(c, n->input[0], node);
	for (long i = 0; i < count; i++)
		c->at[node][i] *= factor_of(n);
}

const struct op op_scale = {
	.kind = &kind_scale,
	.forward = forward,
	.relevance = { .back = relevance_back, .carry = relevance_carry },
	.gradient = { .back = gradient_back, .carry = gradient_carry },
};
