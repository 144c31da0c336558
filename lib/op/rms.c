/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rms: division by the root of the mean square, of a whole row or of each head's part of it.
 *
 * Forward     y[t,i] = g[i] x[t,i] / s[t],  s = sqrt(mean of x[t,:]^2 + eps); with `one` 1 + g
 *             in the place of g. With heads, the mean is over the neurons of i's head, and all
 *             heads have the same g.
 * Relevance   s held constant: one contribution to each output, which passes: R_in = R
 *             norm=jacobian: J_ij = g_i/s (delta_ij - x_i x_j / (d s^2)), contributions
 *             z_ij = J_ij x_j, written out (explicit.c)
 * Carry       the same
 * Gradient    dv/dx_j = (q_j - c_j mean(q c)) / s,  q = g dv/dy, c = x / s
 *             carried: the derivative along H, g_i / s (H_i - c_i mean(H c))
 * Keeps       everything; norm=jacobian: sum R - shares of eps and zero denominators
 * Source      Zhang and Sennrich 2019
 */
#include <math.h>
#include <string.h>

#include "network/op.h"
#include "op/explicit.h"

/* A node's neurons in parts that are divided by a root of their own. */
struct norm_parts {
	long count, width;
	const real *gain; /* [width] */
	real one;
	double eps;
};

static struct norm_parts parts_of(struct network *net, int node)
{
	const struct node *n = &net->graph->node[node];
	const struct root_mean_square *set = n->set;
	long count = set->heads ? set->heads : 1;

	return (struct norm_parts){ count, n->width / count, network_weight(net, node, PLAIN),
		set->one, set->eps };
}

/* 1/s of one part x [width] */
static double inverse_root(const struct norm_parts *p, const real *x)
{
	double square = 0;

	for (long i = 0; i < p->width; i++)
		square += (double)x[i] * x[i];
	return 1 / sqrt(square / (double)p->width + p->eps);
}

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	struct norm_parts p = parts_of(net, node);

	for (long at = 0; at < b->rows[n->side] * p.count; at++) {
		const real *x = value[n->input[0]] + at * p.width;
		real *y = value[node] + at * p.width;
		double inverse = inverse_root(&p, x);

		for (long i = 0; i < p.width; i++)
			y[i] = (real)(x[i] * inverse * (p.one + p.gain[i]));
	}
}

/* J_ij x_j of a position, zero between parts. */
static void jacobian(const struct sentence *s, int node, long position, real *z)
{
	const struct node *n = &s->network->graph->node[node];
	struct norm_parts p = parts_of(s->network, node);
	long d = n->width;

	memset(z, 0, (size_t)(d * d) * sizeof *z);
	for (long first = 0; first < d; first += p.width) {
		const real *x = s->value[n->input[0]] + position * d + first;
		double inverse = inverse_root(&p, x), square = inverse * inverse / (double)p.width;

		for (long i = 0; i < p.width; i++)
			for (long j = 0; j < p.width; j++)
				z[(first + i) * d + first + j] =
					(real)((p.one + p.gain[i]) * inverse *
						((i == j) - (double)x[i] * x[j] * square) * x[j]);
	}
}

static void prepare(struct sentence *s, int node)
{
	network_weight(s->network, node, PLAIN); /* before threads share the network */
}

static void relevance_back(struct block *b, int node)
{
	if (b->sentence->rule->norm == JACOBIAN)
		explicit_relevance(b, node, jacobian);
	else
		block_pass(b, node, b->sentence->network->graph->node[node].input[0]);
}

static void relevance_carry(struct carry *c, int node)
{
	if (c->sentence->rule->norm == JACOBIAN)
		explicit_carry(c, node, jacobian);
	else
		carry_pass(c, c->sentence->network->graph->node[node].input[0], node);
}

/* out += before (h - c mean(h c)) / s of one part, with h = in after; `before` or `after` is the
 * gain. */
static void project(
	const struct norm_parts *p, const real *x, bool gain_before, const real *in, real *out)
{
	double inverse = inverse_root(p, x), along = 0;

	for (long i = 0; i < p->width; i++)
		along += (gain_before ? 1 : p->one + p->gain[i]) * (double)in[i] * x[i] * inverse;
	along /= (double)p->width;
	for (long i = 0; i < p->width; i++) {
		double gain = p->one + p->gain[i], h = (gain_before ? 1 : gain) * (double)in[i];

		out[i] += (real)((gain_before ? gain : 1) * inverse * (h - x[i] * inverse * along));
	}
}

static void gradient_back(struct block *b, int node)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	const int *to = block_rows_in(b, node, n->input[0]);
	struct norm_parts p = parts_of(s->network, node);
	real *in = block_input(b, n->input[0]);

	for (long row = 0; row < l->rows; row++)
		for (long at = 0; at < n->width; at += p.width)
			project(&p, s->value[n->input[0]] + (long)l->position[row] * n->width + at,
				false, b->relevance[node] + row * n->width + at,
				in + (to ? to[row] : row) * n->width + at);
}

static void gradient_carry(struct carry *c, int node)
{
	const struct sentence *s = c->sentence;
	const struct node *n = &s->network->graph->node[node];
	struct norm_parts p = parts_of(s->network, node);
	long parts = s->rows[n->side] * p.count;

	carry_zero(c, node);
	for (long at = 0; at < c->slots[node] * parts; at++)
		project(&p, s->value[n->input[0]] + at % parts * p.width, true,
			c->at[n->input[0]] + at * p.width, c->at[node] + at * p.width);
}

static unsigned relevance_reads(const struct rule *r)
{
	return r->norm == JACOBIAN ? INPUT_0 : 0;
}

static unsigned gradient_reads(const struct rule *r)
{
	(void)r;
	return INPUT_0;
}

const struct op op_rms = {
	.kind = &kind_rms,
	.forward = forward,
	.relevance = { relevance_reads, NULL, prepare, relevance_back, relevance_carry },
	.gradient = { gradient_reads, NULL, prepare, gradient_back, gradient_carry },
};
