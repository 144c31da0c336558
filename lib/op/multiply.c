/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multiply: a gate, input 0, times what it lets through, input 1.
 *
 * Forward     y[t,i] = a[t,i] b[t,i]
 * Relevance   by (4): the factors are the contributions of the rule's key `product`, or have half
 *             each; attention=constant: the gate is a constant, and b gets all
 *                 R_a = share(a) R,  R_b = share(b) R
 * Carry       H = share(a) H_a + share(b) H_b
 * Gradient    dv/da = b dv/dy, dv/db = a dv/dy
 * Keeps       sum R_a + sum R_b = sum R - shares of eps and zero denominators
 * Source      Voita et al. 2019, (4); Shazeer 2020
 */
#include "network/product.h"
#include "op/elementwise.h"

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	const real *x = value[n->input[0]], *z = value[n->input[1]];
	real *y = value[node];

	for (long i = 0; i < b->rows[n->side] * n->width; i++)
		y[i] = x[i] * z[i];
}

/* Coefficients of both inputs; of a constant gate none: what it lets through gets all. */
static void prepare(struct sentence *s, int node)
{
	const struct node *n = &s->network->graph->node[node];
	long count = s->rows[n->side] * n->width;
	const real *x = s->value[n->input[0]], *z = s->value[n->input[1]];
	real *to_x, *to_z;

	if (s->rule->attention == CONSTANT)
		return;
	to_x = arena_array(s->arena, (size_t)count, sizeof *to_x);
	to_z = arena_array(s->arena, (size_t)count, sizeof *to_z);
	for (long i = 0; i < count; i++) {
		struct coefficients lost = { 0 };

		product_split(s->rule, 1, x[i], z[i], &to_x[i], &to_z[i], lost.lost);
		shares_note_lost(s, node, count, i, &lost);
	}
	s->shares[node].coefficient[0] = to_x;
	s->shares[node].coefficient[1] = to_z;
}

static void prepare_gradient(struct sentence *s, int node)
{
	const struct node *n = &s->network->graph->node[node];

	for (int k = 0; k < 2; k++)
		s->shares[node].coefficient[k] = s->value[n->input[!k]];
}

/* A constant gate gets nothing. */
static unsigned takes(const struct rule *r)
{
	return r->attention == CONSTANT ? INPUT_1 : INPUTS;
}

static unsigned reads(const struct rule *r)
{
	return r->attention == CONSTANT ? 0 : INPUTS;
}

static unsigned gradient_reads(const struct rule *r)
{
	(void)r;
	return INPUTS;
}

const struct op op_multiply = {
	.kind = &kind_multiply,
	.takes = takes,
	.forward = forward,
	.relevance = { reads, NULL, prepare, elementwise_back, elementwise_carry },
	.gradient = { gradient_reads, NULL, prepare_gradient, elementwise_back, elementwise_carry },
};
