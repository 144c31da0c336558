/* SPDX-License-Identifier: Apache-2.0 */
/*
 * norm=jacobian: layer normalisation by its derivative, the scale included. With c = (x - m) / s
 *
 *     J_ij = dy_i / dx_j = g_i / s (delta_ij - 1/d - c_i c_j / d)
 *
 * Relevance   contributions z_ij = J_ij x_j, written out (explicit.c)
 * Gradient    dv/dx_j = sum_i J_ij dv/dy_i = (q_j - mean(q) - c_j mean(q c)) / s,  q = g dv/dy
 *             carried: the derivative along H, g_i / s (H_i - mean(H) - c_i mean(H c))
 */
#include "op/norm.h"

void norm_jacobian(const struct sentence *s, int node, long position, real *z)
{
	const struct node *n = &s->network->graph->node[node];
	const real *g = network_weight(s->network, node, PLAIN);
	long d = n->width;
	const real *x = s->value[n->input[0]] + position * d;
	double mean, inverse;

	norm_moments(x, d, norm_eps(n), &mean, &inverse);
	for (long i = 0; i < d; i++)
		for (long j = 0; j < d; j++) {
			double c = (x[i] - mean) * (x[j] - mean) * inverse * inverse;

			z[i * d + j] =
				(real)(g[i] * inverse * ((i == j) - (1 + c) / (double)d) * x[j]);
		}
}

/* out += before (h - mean(h) - c mean(h c)) / s, with h = in after; NULL: 1. */
static void project(const struct node *n, const real *x, const real *before, const real *after,
	const real *in, real *out)
{
	long d = n->width;
	double mean, inverse, sum = 0, along = 0;

	norm_moments(x, d, norm_eps(n), &mean, &inverse);
	for (long i = 0; i < d; i++) {
		double h = (after ? after[i] : 1) * (double)in[i];

		sum += h;
		along += h * (x[i] - mean) * inverse;
	}
	for (long i = 0; i < d; i++)
		out[i] += (real)((before ? before[i] : 1) * inverse *
				 ((after ? after[i] : 1) * (double)in[i] - sum / (double)d -
					 (x[i] - mean) * inverse * along / (double)d));
}

void norm_gradient(struct block *b, int node)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	const int *to = block_rows_in(b, node, n->input[0]);
	real *in = block_input(b, n->input[0]);

	for (long row = 0; row < l->rows; row++)
		project(n, s->value[n->input[0]] + (long)l->position[row] * n->width, NULL,
			network_weight(s->network, node, PLAIN),
			b->relevance[node] + row * n->width, in + (to ? to[row] : row) * n->width);
}

void norm_gradient_carry(struct carry *c, int node)
{
	const struct sentence *s = c->sentence;
	const struct node *n = &s->network->graph->node[node];
	long rows = s->rows[n->side];

	carry_zero(c, node);
	for (long row = 0; row < c->slots[node] * rows; row++)
		project(n, s->value[n->input[0]] + row % rows * n->width,
			network_weight(s->network, node, PLAIN), NULL,
			c->at[n->input[0]] + row * n->width, c->at[node] + row * n->width);
}
