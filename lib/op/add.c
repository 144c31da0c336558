/* SPDX-License-Identifier: Apache-2.0 */
/*
 * add: a residual connection, or positions added to embeddings; of two inputs or three.
 *
 * Forward     y[t,i] = a[t,i] + b[t,i] (+ c[t,i])
 * Relevance   a dense layer with W = 1: contributions z_1 = a, z_2 = b, z_3 = c
 *                 R_a = share(a) R,  R_b = share(b) R, ...
 * Carry       H = share(a) H_a + share(b) H_b + ...
 * Gradient    share 1 for all
 * Keeps       sum R_a + sum R_b + ... = sum R - shares of eps and zero denominators
 * Source      Voita et al. 2019, (3)
 */
#include "network/part.h"
#include "network/shares.h"
#include "op/elementwise.h"
#include "tensor/vectorised.h"

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	const real *x = value[n->input[0]], *z = value[n->input[1]];
	real *y = value[node];

	for (long i = 0; i < b->rows[n->side] * n->width; i++)
		y[i] = x[i] + z[i];
	for (int k = 2; k < n->inputs; k++)
		for (long i = 0; i < b->rows[n->side] * n->width; i++)
			y[i] += value[n->input[k]][i];
}

/* sum = a part of a + that of b (+ that of c), of `count` neurons */
VECTORISED
static void add_up(const real *const *x, int inputs, enum part part, long count, real *restrict sum)
{
	real down = part_of_negative(part);

	for (int k = 0; k < inputs; k++)
		for (long i = 0; i < count; i++)
			sum[i] = (k ? sum[i] : 0) + (x[k][i] < 0 ? x[k][i] * down : x[k][i]);
}

/* share = a part of x times p */
VECTORISED
static void share_out(const real *x, enum part part, long count, const real *p, real *share)
{
	real down = part_of_negative(part);

	for (long i = 0; i < count; i++)
		share[i] = (x[i] < 0 ? x[i] * down : x[i]) * p[i];
}

/* The shares of neurons `first` on, one by one. */
static void prepare_each(struct sentence *s, int node, long all, long first, long count,
	const real *const *x, real *const *share)
{
	int inputs = s->network->graph->node[node].inputs;

	for (long i = 0; i < count; i++) {
		double positive = 0, negative = 0;

		for (int k = 0; k < inputs; k++) {
			positive += x[k][i] > 0 ? x[k][i] : 0.0;
			negative += x[k][i] < 0 ? x[k][i] : 0.0;
		}
		struct coefficients c =
			shares_of_sums(s->rule, s->rule->contribution, positive, negative, 0);

		for (int k = 0; k < inputs; k++)
			share[k][i] = (real)share_of(&c, x[k][i]);
		shares_note_lost(s, node, all, first + i, &c);
	}
}

static void prepare(struct sentence *s, int node)
{
	const struct node *n = &s->network->graph->node[node];
	long all = s->rows[n->side] * n->width;
	enum part part = s->rule->contribution == MAGNITUDE ? SIZE : PLAIN;
	real **to = s->shares[node].coefficient, *share[MAX_INPUTS];
	real *p = pool_take(s->pool, (size_t)n->width * sizeof *p);
	const real *x[MAX_INPUTS];

	for (int k = 0; k < n->inputs; k++)
		to[k] = arena_array(s->arena, (size_t)all, sizeof *to[k]);
	for (long first = 0; first < all; first += n->width) {
		for (int k = 0; k < n->inputs; k++) {
			x[k] = s->value[n->input[k]] + first;
			share[k] = to[k] + first;
		}
		add_up(x, n->inputs, part, n->width, p);
		if (!shares_of_row(s, node, all, first, n->width, p, NULL))
			prepare_each(s, node, all, first, n->width, x, share);
		else
			for (int k = 0; k < n->inputs; k++)
				share_out(x[k], part, n->width, p, share[k]);
	}
	pool_give(s->pool, p);
}

static unsigned relevance_reads(const struct rule *r)
{
	(void)r;
	return INPUTS;
}

const struct op op_add = {
	.kind = &kind_add,
	.forward = forward,
	.relevance = { relevance_reads, NULL, prepare, elementwise_back, elementwise_carry },
	.gradient = { NULL, NULL, NULL, elementwise_back, elementwise_carry },
};
