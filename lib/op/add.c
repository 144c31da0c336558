/* SPDX-License-Identifier: Apache-2.0 */
/*
 * add: a residual connection, or positions added to embeddings.
 *
 * Forward     y[t,i] = a[t,i] + b[t,i]
 * Relevance   a dense layer with W = 1: contributions z_1 = a, z_2 = b
 *                 R_a = share(a) R,  R_b = share(b) R
 * Carry       H = share(a) H_a + share(b) H_b
 * Gradient    share 1 for both
 * Keeps       sum R_a + sum R_b = sum R - shares of eps and zero denominators
 * Source      Voita et al. 2019, (3)
 */
#include "base/die.h"
#include "network/op.h"
#include "network/shares.h"
#include "tensor/vectorised.h"

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	const real *x = value[n->input[0]], *z = value[n->input[1]];
	real *y = value[node];

	for (long i = 0; i < b->rows[n->side] * n->width; i++)
		y[i] = x[i] + z[i];
}

static void prepare(struct sentence *s, int node)
{
	const struct node *n = &s->network->graph->node[node];
	long count = s->rows[n->side] * n->width;
	const real *x = s->value[n->input[0]], *z = s->value[n->input[1]];
	real *to_x = arena_array(s->arena, (size_t)count, sizeof *to_x);
	real *to_z = arena_array(s->arena, (size_t)count, sizeof *to_z);

	for (long i = 0; i < count; i++) {
		double positive = (x[i] > 0 ? x[i] : 0.0) + (z[i] > 0 ? z[i] : 0.0);
		double negative = (x[i] < 0 ? x[i] : 0.0) + (z[i] < 0 ? z[i] : 0.0);
		struct coefficients c =
			shares_of_sums(s->rule, s->rule->contribution, positive, negative, 0);

		to_x[i] = (real)share_of(&c, x[i]);
		to_z[i] = (real)share_of(&c, z[i]);
		shares_note_lost(s, node, count, i, &c);
	}
	s->shares[node].coefficient[0] = to_x;
	s->shares[node].coefficient[1] = to_z;
}

/* The gradient has no coefficients: both get all. */
VECTORISED
static void back(struct block *b, int node)
{
	const struct node *n = &b->sentence->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	const real *r = b->relevance[node];

	for (int k = 0; k < 2; k++) {
		const real *share = b->sentence->shares[node].coefficient[k];
		const int *to = block_rows_in(b, node, n->input[k]);
		real *r_in = block_input(b, n->input[k]);

		for (long row = 0; row < l->rows; row++) {
			const real *s = share ? share + (long)l->position[row] * n->width : NULL;
			real *out = r_in + (to ? to[row] : row) * n->width;

			for (long i = 0; i < n->width; i++)
				out[i] += (s ? s[i] : 1) * r[row * n->width + i];
		}
	}
	block_lose(b, node);
}

VECTORISED
static void carry_on(struct carry *c, int node)
{
	const struct node *n = &c->sentence->network->graph->node[node];
	long size = carry_size(c, node);

	carry_zero(c, node);
	for (int h = 0; h < c->heads; h++)
		for (int k = 0; k < 2; k++) {
			const real *share = c->sentence->shares[node].coefficient[k];
			const real *in = carry_slot(c, n->input[k], h);
			real *out = carry_slot(c, node, h);

			for (long i = 0; in && i < size; i++)
				out[i] += (share ? share[i] : 1) * in[i];
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
	.relevance = { relevance_reads, NULL, prepare, back, carry_on },
	.gradient = { NULL, NULL, NULL, back, carry_on },
};
