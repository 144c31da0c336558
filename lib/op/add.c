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
#include "network/shares.h"
#include "op/elementwise.h"

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

static void prepare(struct sentence *s, int node)
{
	const struct node *n = &s->network->graph->node[node];
	long count = s->rows[n->side] * n->width;
	const real *x[MAX_INPUTS];
	real **to = s->shares[node].coefficient;

	for (int k = 0; k < n->inputs; k++) {
		x[k] = s->value[n->input[k]];
		to[k] = arena_array(s->arena, (size_t)count, sizeof *to[k]);
	}
	for (long i = 0; i < count; i++) {
		double positive = 0, negative = 0;

		for (int k = 0; k < n->inputs; k++) {
			positive += x[k][i] > 0 ? x[k][i] : 0.0;
			negative += x[k][i] < 0 ? x[k][i] : 0.0;
		}
		struct coefficients c =
			shares_of_sums(s->rule, s->rule->contribution, positive, negative, 0);

		for (int k = 0; k < n->inputs; k++)
			to[k][i] = (real)share_of(&c, x[k][i]);
		shares_note_lost(s, node, count, i, &c);
	}
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
