/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linear: a dense layer.
 *
 * Forward     y[t,o] = sum_i W[o,i] x[t,i] + b[o]
 * Relevance   contributions z_oi = W[o,i] x[t,i]; with p, n of the rule (rule.h)
 *                 R[t,i] = sum_o (z_oi^+ p[t,o] + z_oi^- n[t,o]) R[t,o]
 *             and z^+ = (z + |z|)/2, z^- = (z - |z|)/2:
 *                 R[t,i] =  x[t,i]  sum_o (p+n)/2 R[t,o]  W[o,i]       plain term
 *                        + |x[t,i]| sum_o (p-n)/2 R[t,o] |W[o,i]|      magnitude term
 *             ratio has the plain term only, magnitude the other, alphabeta both: one matrix
 *             product each. The sums in p and n are X W' and |X| |W|'.
 * Carry       the same two terms the other way, for every head:
 *                 H[t,o] = (p+n)/2 sum_i  W[o,i]   x[t,i]  H_in[t,i]
 *                        + (p-n)/2 sum_i |W[o,i]| |x[t,i]| H_in[t,i]
 * Gradient    dv/dx[t,i] = sum_o W[o,i] dv/dy[t,o]; carried: the derivative along H_in
 * Keeps       sum R_in = sum R - shares of b, eps and zero denominators
 * Source      Voita et al. 2019, (3); Bach et al. 2015
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "op/explicit.h"
#include "op/linear.h"
#include "op/op.h"
#include "op/shares.h"
#include "tensor/gemm.h"
#include "tensor/vectorised.h"

enum { PLAIN, MAGNITUDES };

static void check(const struct model *m, int node)
{
	if (!m->graph->node[node].weight)
		die("graph: node '%s' needs a 'weight'", m->graph->node[node].name);
}

static long in_width(const struct model *m, int node)
{
	return m->graph->node[m->graph->node[node].input[0]].width;
}

static void forward(struct model *m, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &m->graph->node[node];
	const real *bias = model_bias(m, node), *x = value[n->input[0]];
	long rows = b->rows[n->side], in = in_width(m, node);
	real *y = value[node];

	if (bias)
		for (long t = 0; t < rows; t++)
			for (long o = 0; o < n->width; o++)
				y[t * n->width + o] = bias[o];
	gemm_transposed(
		rows, n->width, in, x, in, model_weight(m, node), in, bias ? 1 : 0, y, n->width);
}

VECTORISED
static real *magnitudes(struct sentence *s, const real *x, long count)
{
	real *a = pool_take(s->pool, (size_t)count * sizeof *a);

	for (long i = 0; i < count; i++)
		a[i] = x[i] < 0 ? -x[i] : x[i];
	return a;
}

/* sums[t,o] = sum_i of |W x| or of W x */
static real *sums(struct sentence *s, int node, bool magnitude)
{
	struct model *m = s->model;
	const struct node *n = &m->graph->node[node];
	long rows = s->rows[n->side], in = in_width(m, node);
	const real *x = s->value[n->input[0]], *w;
	real *y = arena_array(s->arena, (size_t)(rows * n->width), sizeof *y), *a = NULL;

	w = magnitude ? model_magnitude(m, node) : model_weight(m, node);
	if (magnitude)
		x = a = magnitudes(s, x, rows * in);
	gemm_transposed(rows, n->width, in, x, in, w, in, 0, y, n->width);
	pool_give(s->pool, a);
	return y;
}

static void prepare(struct sentence *s, int node)
{
	const struct node *n = &s->model->graph->node[node];
	const real *bias = model_bias(s->model, node);
	long count = s->rows[n->side] * n->width;
	enum contribution how = s->rule->contribution;
	bool plain = how != MAGNITUDE, both = how == ALPHABETA || how == GAMMA;

	if (how == GRADIENT || s->rule->bias == SPREAD)
		return;
	real *y = plain ? sums(s, node, false) : NULL;
	real *a = both || !plain ? sums(s, node, true) : NULL;

	for (long i = 0; i < count; i++) {
		double sum = y ? y[i] : 0, size = a ? a[i] : fabs(sum);
		struct coefficients c;

		if (!y)
			sum = size;
		c = shares_of_sums(s->rule, how, (size + sum) / 2, (sum - size) / 2,
			bias ? bias[i % n->width] : 0);
		if (y)
			y[i] = (real)((c.p + c.n) / 2);
		if (a)
			a[i] = (real)(plain ? (c.p - c.n) / 2 : c.p);
		shares_note_lost(s, node, count, i, &c);
	}
	s->shares[node].coefficient[PLAIN] = y;
	s->shares[node].coefficient[MAGNITUDES] = a;
}

/* S[r,o] = c[position,o] R[r,o] */
VECTORISED
static real *scaled(struct block *b, const struct layout *l, const real *c, const real *r, long out)
{
	real *s = pool_take(b->pool, (size_t)(l->rows * out) * sizeof *s);

	for (long row = 0; row < l->rows; row++)
		for (long o = 0; o < out; o++)
			s[row * out + o] = r[row * out + o] * c[l->position[row] * out + o];
	return s;
}

/* R_in[r,i] += x[position,i] C[r,i], or |x| */
VECTORISED
static void spread(struct block *b, int node, const real *c, bool magnitude)
{
	const struct node *n = &b->sentence->model->graph->node[node];
	const struct layout *l = block_layout(b, node);
	const int *to = block_rows_in(b, node, n->input[0]);
	const real *x = b->sentence->value[n->input[0]];
	long in = in_width(b->sentence->model, node);
	real *r_in = block_input(b, n->input[0]);

	for (long row = 0; row < l->rows; row++) {
		const real *xr = x + l->position[row] * in, *cr = c + row * in;
		real *out = r_in + (to ? to[row] : row) * in;

		if (magnitude)
			for (long i = 0; i < in; i++)
				out[i] += (xr[i] < 0 ? -xr[i] : xr[i]) * cr[i];
		else
			for (long i = 0; i < in; i++)
				out[i] += xr[i] * cr[i];
	}
}

/* z_oi = W[o,i] x[i] */
static void products(const struct sentence *s, int node, long position, real *z)
{
	const real *w = model_weight(s->model, node);
	long in = in_width(s->model, node), out = s->model->graph->node[node].width;
	const real *x = s->value[s->model->graph->node[node].input[0]] + position * in;

	for (long o = 0; o < out; o++)
		for (long i = 0; i < in; i++)
			z[o * in + i] = w[o * in + i] * x[i];
}

/* dv/dx = dv/dy W */
static void gradient(struct block *b, int node)
{
	struct model *m = b->sentence->model;
	const struct layout *l = block_layout(b, node);
	int input = m->graph->node[node].input[0];
	const int *to = block_rows_in(b, node, input);
	long out = m->graph->node[node].width, in = in_width(m, node);
	real *g_in = block_input(b, input), *g = b->relevance[node];

	if (!to) {
		gemm(l->rows, in, out, g, out, model_weight(m, node), in, 1, g_in, in);
		return;
	}
	for (long row = 0; row < l->rows; row++)
		gemm(1, in, out, g + row * out, out, model_weight(m, node), in, 1,
			g_in + to[row] * in, in);
}

static void relevance(struct block *b, int node)
{
	if (b->sentence->rule->contribution == GRADIENT) {
		gradient(b, node);
		return;
	}
	if (b->sentence->rule->bias == SPREAD) {
		explicit_relevance(b, node, products);
		return;
	}
	struct model *m = b->sentence->model;
	const struct layout *l = block_layout(b, node);
	long out = m->graph->node[node].width, in = in_width(m, node);

	for (int term = PLAIN; term <= MAGNITUDES; term++) {
		const real *c = b->sentence->shares[node].coefficient[term];

		if (!c)
			continue;
		real *s = scaled(b, l, c, b->relevance[node], out);
		real *product = pool_take(b->pool, (size_t)(l->rows * in) * sizeof *product);

		gemm(l->rows, in, out, s, out,
			term == PLAIN ? model_weight(m, node) : model_magnitude(m, node), in, 0,
			product, in);
		pool_give(b->pool, s);
		spread(b, node, product, term == MAGNITUDES);
		pool_give(b->pool, product);
	}
	block_lose(b, node);
}

/* X H_in, or |X| H_in, for all heads of the node: [slots, rows, in] */
VECTORISED
static real *weighted(const struct carry *c, int node, bool magnitude)
{
	const struct node *n = &c->sentence->model->graph->node[node];
	const real *x = c->sentence->value[n->input[0]];
	long size = carry_size(c, n->input[0]), slots = c->slots[node];
	real *y = pool_take(c->pool, (size_t)(slots * size) * sizeof *y);

	for (long k = 0; k < slots; k++) {
		const real *h = c->at[n->input[0]] + k * size;

		if (magnitude)
			for (long i = 0; i < size; i++)
				y[k * size + i] = (x[i] < 0 ? -x[i] : x[i]) * h[i];
		else
			for (long i = 0; i < size; i++)
				y[k * size + i] = x[i] * h[i];
	}
	return y;
}

VECTORISED
static void carry_linear(struct carry *c, int node)
{
	struct model *m = c->sentence->model;
	const struct node *n = &m->graph->node[node];
	long in = in_width(m, node), size = carry_size(c, node), slots = c->slots[node];
	long rows = slots * c->sentence->rows[n->side];
	bool first = true;

	if (c->sentence->rule->bias == SPREAD && c->sentence->rule->contribution != GRADIENT) {
		explicit_carry(c, node, products);
		return;
	}
	carry_begin(c, node);
	if (c->sentence->rule->contribution == GRADIENT) {
		gemm_transposed(rows, n->width, in, c->at[n->input[0]], in, model_weight(m, node),
			in, 0, c->at[node], n->width);
		return;
	}
	for (int term = PLAIN; term <= MAGNITUDES; term++) {
		const real *k = c->sentence->shares[node].coefficient[term];

		if (!k)
			continue;
		real *x = weighted(c, node, term == MAGNITUDES);
		real *y = pool_take(c->pool, (size_t)(slots * size) * sizeof *y), *h = c->at[node];

		gemm_transposed(rows, n->width, in, x, in,
			term == PLAIN ? model_weight(m, node) : model_magnitude(m, node), in, 0, y,
			n->width);
		for (long s = 0; s < slots; s++)
			for (long i = 0; i < size; i++)
				h[s * size + i] =
					(first ? 0 : h[s * size + i]) + k[i] * y[s * size + i];
		pool_give(c->pool, x);
		pool_give(c->pool, y);
		first = false;
	}
}

double linear_output(struct model *m, int node, const real *x, long neuron)
{
	long in = in_width(m, node);
	const real *bias = model_bias(m, node);
	real *w = must_alloc((size_t)in, sizeof *w);
	double sum = bias ? bias[neuron] : 0;

	model_weight_row(m, node, neuron, w);
	for (long i = 0; i < in; i++)
		sum += (double)w[i] * x[i];
	free(w);
	return sum;
}

/* The shares of a neuron's inputs at one row, and what is lost there. */
static struct coefficients row_shares(
	const struct sentence *s, int node, long step, long neuron, real *share)
{
	const struct node *n = &s->model->graph->node[node];
	long in = in_width(s->model, node);
	const real *x = s->value[n->input[0]] + step * in;
	const real *b = model_bias(s->model, node);
	double bias = b ? b[neuron] : 0, lost[LOSSES];
	struct coefficients c = { 0 };

	model_weight_row(s->model, node, neuron, share);
	if (s->rule->contribution == GRADIENT)
		return c;
	for (long i = 0; i < in; i++)
		share[i] *= x[i];
	explicit_row(s->rule, share, in, bias, lost);
	memcpy(c.lost, lost, sizeof lost);
	return c;
}

void linear_start(struct block *b, int node, long step, long neuron, double at)
{
	const struct sentence *s = b->sentence;
	int input = s->model->graph->node[node].input[0];
	long in = in_width(s->model, node);
	const int *to = block_rows_in(b, node, input);
	real *share = pool_take(b->pool, (size_t)in * sizeof *share);
	struct coefficients c = row_shares(s, node, step, neuron, share);
	real *r = block_input(b, input) + (to ? to[step - b->first] : step - b->first) * in;

	for (long i = 0; i < in; i++)
		r[i] += (real)(at * share[i]);
	for (int k = 0; k < LOSSES; k++)
		b->lost[k][step - b->first] += at * c.lost[k];
	pool_give(b->pool, share);
}

const struct op op_linear = {
	.name = "linear",
	.inputs = 1,
	.costly = true,
	.uses_inputs = true,
	.check = check,
	.forward = forward,
	.prepare = prepare,
	.relevance = relevance,
	.carry = carry_linear,
};
