/* SPDX-License-Identifier: Apache-2.0 */
/*
 * norm=centred: layer normalisation as in the released code of Ding et al. 2017. Gain, bias and
 * scale are ignored; the mean m = sum_j x_j / d and the difference u_i = x_i - m are two
 * operations, each by the ratio rule:
 *
 * Relevance   R_j = x_j p_j R_j + x_j / d q sum_i -m p_i R_i,  p_i = 1 / stab(u_i), q = 1 / stab(m)
 * Carry       H_i = p_i (x_i H_in,i - m q sum_j x_j / d H_in,j)
 * Keeps       sum R_in = sum R - shares of eps and zero denominators
 */
#include <string.h>

#include "op/norm.h"
#include "network/shares.h"

/* p of a row [width], and q; what eps takes of an output, and of the mean. */
struct centred {
	double mean, q, lost_mean[LOSSES];
	struct coefficients *p;
};

static struct centred centre(const struct sentence *s, int node, long position, struct pool *pool)
{
	const struct node *n = &s->network->graph->node[node];
	const real *x = s->value[n->input[0]] + position * n->width;
	struct centred c = { .p = pool_take(pool, (size_t)n->width * sizeof *c.p) };

	for (long i = 0; i < n->width; i++)
		c.mean += x[i] / (double)n->width;
	struct coefficients of_mean = shares_of_sums(s->rule, RATIO, c.mean, 0, 0);
	c.q = of_mean.p;
	memcpy(c.lost_mean, of_mean.lost, sizeof c.lost_mean);
	for (long i = 0; i < n->width; i++)
		c.p[i] = shares_of_sums(s->rule, RATIO, x[i] - c.mean, 0, 0);
	return c;
}

void norm_centred(struct block *b, int node)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	const int *to = block_rows_in(b, node, n->input[0]);
	real *in = block_input(b, n->input[0]);
	long d = n->width;

	for (long row = 0; row < l->rows; row++) {
		const real *x = s->value[n->input[0]] + l->position[row] * d;
		const real *r = b->relevance[node] + row * d;
		real *out = in + (to ? to[row] : row) * d;
		struct centred c = centre(s, node, l->position[row], b->pool);
		double of_mean = 0;

		for (long i = 0; i < d; i++) {
			of_mean -= c.mean * c.p[i].p * r[i];
			for (int k = 0; k < LOSSES; k++)
				b->lost[k][l->step[row]] += c.p[i].lost[k] * r[i];
		}
		for (long j = 0; j < d; j++)
			out[j] += (real)(x[j] * (c.p[j].p * r[j] + c.q * of_mean / (double)d));
		for (int k = 0; k < LOSSES; k++)
			b->lost[k][l->step[row]] += c.lost_mean[k] * of_mean;
		pool_give(b->pool, c.p);
	}
}

void norm_centred_carry(struct carry *carry, int node)
{
	const struct sentence *s = carry->sentence;
	const struct node *n = &s->network->graph->node[node];
	long rows = s->rows[n->side], d = n->width;

	carry_begin(carry, node);
	for (long row = 0; row < carry->slots[node] * rows; row++) {
		const real *x = s->value[n->input[0]] + row % rows * d;
		const real *h = carry->at[n->input[0]] + row * d;
		struct centred c = centre(s, node, row % rows, carry->pool);
		double mean = 0;

		for (long j = 0; j < d; j++)
			mean += x[j] * h[j] / (double)d;
		for (long i = 0; i < d; i++)
			carry->at[node][row * d + i] =
				(real)(c.p[i].p * (x[i] * h[i] - c.mean * c.q * mean));
		pool_give(carry->pool, c.p);
	}
}
