/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linear: a dense layer.
 *
 * Forward     y[t,o] = z[t,o] = sum_i W[o,i] x[t,i] + b[o]; of logits perhaps capped, C tanh(z / C)
 * Relevance   passes a cap by (6); contributions z_oi = W[o,i] x[t,i]; with p, n of the rule (rule.h)
 *                 R[t,i] = sum_o (z_oi^+ p[t,o] + z_oi^- n[t,o]) R[t,o]
 *             as matrix products of parts of x and W (x^+ = max(x, 0), x^- = min(x, 0)):
 *                 ratio        x   [(p R) W]
 *                 magnitude   |x|  [(p R) |W|]
 *                 others       x^+ [(p R) W^+ + (n R) W^-] + x^- [(p R) W^- + (n R) W^+]
 *             The sums in p and n are the same products the other way: X W', |X| |W|', and
 *             X^+ W^+' + X^- W^-' with X^+ W^-' + X^- W^+'. No sum cancels, so (1) holds as well in
 *             single precision.
 * Carry       H[t,o] = p[t,o] sum_i W[o,i] x[t,i] H_in[t,i], and so on with the same parts
 * Gradient    dv/dx[t,i] = sum_o W[o,i] dv/dz[t,o], with a cap dv/dz = (1 - tanh^2(z / C)) dv/dy;
 *             carried: the derivative along H_in
 * Keeps       sum R_in = sum R - shares of b, eps and zero denominators; b has all of an output
 *             whose contributions are all zero
 * Source      Voita et al. 2019, (3); Bach et al. 2015; C: Gemma Team 2024
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "op/explicit.h"
#include "op/linear.h"
#include "network/op.h"
#include "network/shares.h"
#include "network/matrix.h"
#include "network/part.h"
#include "tensor/vectorised.h"

/* One matrix product of a rule: parts of x and W, and which coefficient scales the outputs. */
struct product {
	enum part x, w;
	enum { P, N } coefficient;
};

/* Those of a rule; none for rules that write contributions out. */
static int products_of(const struct rule *r, const struct product **list)
{
	static const struct product ratio[] = { { PLAIN, PLAIN, P } };
	static const struct product magnitude[] = { { SIZE, SIZE, P } };
	static const struct product sides[] = { { POSITIVE, POSITIVE, P },
		{ NEGATIVE, NEGATIVE, P }, { POSITIVE, NEGATIVE, N }, { NEGATIVE, POSITIVE, N } };

	if (r->bias == SPREAD)
		return 0;
	*list = r->contribution == RATIO ? ratio : r->contribution == MAGNITUDE ? magnitude : sides;
	return *list == sides ? 4 : 1;
}

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	const real *bias = network_bias(net, node), *x = value[n->input[0]];
	long rows = b->rows[n->side];
	real *y = value[node];

	if (bias)
		for (long t = 0; t < rows; t++)
			for (long o = 0; o < n->width; o++)
				y[t * n->width + o] = bias[o];
	matrix_forward(net, node, PLAIN, net->threads, rows, x, bias ? 1 : 0, y);
	linear_cap_rows(net, node, rows * n->width, y);
}

/* sums[c][t,o] = sum over the products of coefficient c of parts of X and W' */
static void add_products(struct sentence *s, int node, real *const sums[2])
{
	const struct node *n = &s->network->graph->node[node];
	long rows = s->rows[n->side], in = linear_inputs(s->network, node);
	const struct product *list;
	int products = products_of(s->rule, &list);
	bool begun[2] = { false, false };
	real *x = pool_take(s->pool, (size_t)(rows * in) * sizeof *x);

	for (int k = 0; k < products; k++) {
		part_take(s->value[n->input[0]], list[k].x, (size_t)(rows * in), x);
		matrix_sums(s->network, node, list[k].w, s->way, rows, x,
			begun[list[k].coefficient], sums[list[k].coefficient]);
		begun[list[k].coefficient] = true;
	}
	pool_give(s->pool, x);
}

/* Where the contributions to an output sum to zero: do they cancel, or is there none? */
static bool cancels(const struct sentence *s, int node, long row, long neuron)
{
	long in = linear_inputs(s->network, node);
	const real *x = s->value[s->network->graph->node[node].input[0]] + row * in;
	real *w = must_alloc((size_t)in, sizeof *w);
	double size = 0;

	network_weight_row(s->network, node, neuron, w);
	for (long i = 0; i < in; i++)
		size += fabs((double)w[i] * x[i]);
	free(w);
	return size >= REAL_TINY;
}

/* The coefficients of one output from the sums of its contributions, by the products' sides. */
static struct coefficients output_shares(
	const struct sentence *s, int node, long at, double p, double n, const real *bias)
{
	long width = s->network->graph->node[node].width;
	double b = bias ? bias[at % width] : 0;

	/* of the ratio, p has both signs in one */
	if (s->rule->contribution == RATIO && b != 0 && fabs(p) < REAL_TINY &&
		s->rule->bias == EXCLUDE && cancels(s, node, at / width, at % width))
		b = 0;
	return shares_of_sums(s->rule, s->rule->contribution, p, n, b);
}

/* One row, output by output. */
static void prepare_row(
	struct sentence *s, int node, long first, real *const sums[2], const real *bias)
{
	const struct node *n = &s->network->graph->node[node];

	for (long i = first; i < first + n->width; i++) {
		struct coefficients c =
			output_shares(s, node, i, sums[P][i], sums[N] ? sums[N][i] : 0, bias);

		sums[P][i] = (real)c.p;
		if (sums[N])
			sums[N][i] = (real)c.n;
		shares_note_lost(s, node, s->rows[n->side] * n->width, i, &c);
	}
}

static void prepare(struct sentence *s, int node)
{
	const struct node *n = &s->network->graph->node[node];
	const real *bias = network_bias(s->network, node);
	long count = s->rows[n->side] * n->width;
	const struct product *list;
	int products = products_of(s->rule, &list);
	real *sums[2] = { NULL, NULL };

	if (!products) { /* then rows of the weights are read, by all threads */
		matrix_rows(s->network, node);
		return;
	}
	for (int c = P; c <= (products > 1 ? N : P); c++)
		sums[c] = arena_array(s->arena, (size_t)count, sizeof *sums[c]);
	add_products(s, node, sums);
	for (long i = 0; i < count; i += n->width)
		if (!shares_of_row(s, node, count, i, n->width, sums[P] + i, bias))
			prepare_row(s, node, i, sums, bias);
	s->shares[node].coefficient[P] = sums[P];
	s->shares[node].coefficient[N] = sums[N];
}

/* S[r,o] = c[position,o] R[r,o]; S may be R */
VECTORISED
static void scale(const struct layout *l, const real *c, const real *r, long out, real *s)
{
	for (long row = 0; row < l->rows; row++)
		for (long o = 0; o < out; o++)
			s[row * out + o] = r[row * out + o] * c[l->position[row] * out + o];
}

/* R[r,i] = a part of x[position,i] R[r,i] */
VECTORISED
static void times_part(const struct layout *l, const real *x, enum part part, long in, real *r)
{
	real up = part_of_positive(part), down = part_of_negative(part);

	for (long row = 0; row < l->rows; row++) {
		const real *xr = x + l->position[row] * in;

		for (long i = 0; i < in; i++)
			r[row * in + i] *= xr[i] * (xr[i] > 0 ? up : down);
	}
}

/* R_in[r,i] += a part of x[position,i] C[r,i] */
VECTORISED
static void spread(struct block *b, int node, const real *c, enum part part)
{
	const struct node *n = &b->sentence->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	const int *to = block_rows_in(b, node, n->input[0]);
	const real *x = b->sentence->value[n->input[0]];
	long in = linear_inputs(b->sentence->network, node);
	real *r_in = block_input(b, n->input[0]);
	real up = part_of_positive(part), down = part_of_negative(part);

	for (long row = 0; row < l->rows; row++) {
		const real *xr = x + l->position[row] * in, *cr = c + row * in;
		real *out = r_in + (to ? to[row] : row) * in;

		for (long i = 0; i < in; i++)
			out[i] += xr[i] * (xr[i] > 0 ? up : down) * cr[i];
	}
}

/* z_oi = W[o,i] x[i] */
static void products_at(const struct sentence *s, int node, long position, real *z)
{
	long in = linear_inputs(s->network, node), out = s->network->graph->node[node].width;
	const real *x = s->value[s->network->graph->node[node].input[0]] + position * in;

	for (long o = 0; o < out; o++) {
		network_weight_row(s->network, node, o, z + o * in);
		for (long i = 0; i < in; i++)
			z[o * in + i] *= x[i];
	}
}

/* dv/dx = dv/dy W */
static void gradient_back(struct block *b, int node)
{
	struct network *net = b->sentence->network;
	const struct layout *l = block_layout(b, node);
	int input = net->graph->node[node].input[0];
	const int *to = block_rows_in(b, node, input);
	long in = linear_inputs(net, node);
	real *g_in = block_input(b, input), *g = b->relevance[node];

	linear_cap_back(b, node);
	if (!to) {
		matrix_back(net, node, PLAIN, l->rows, g, 1, g_in);
		return;
	}
	real *product = pool_take(b->pool, (size_t)(l->rows * in) * sizeof *product);

	matrix_back(net, node, PLAIN, l->rows, g, 0, product);
	for (long row = 0; row < l->rows; row++)
		for (long i = 0; i < in; i++)
			g_in[to[row] * in + i] += product[row * in + i];
	pool_give(b->pool, product);
}

/* One product of the rule; behind the last one the node's own relevance is not needed any more. */
static void product_back(struct block *b, int node, const struct product *p, bool last)
{
	const struct sentence *s = b->sentence;
	struct network *net = s->network;
	const struct layout *l = block_layout(b, node);
	int input = net->graph->node[node].input[0];
	long out = net->graph->node[node].width, in = linear_inputs(net, node);
	real *r = b->relevance[node];
	real *scaled = last ? r : pool_take(b->pool, (size_t)(l->rows * out) * sizeof *scaled);
	real *product = pool_take(b->pool, (size_t)(l->rows * in) * sizeof *product);

	scale(l, s->shares[node].coefficient[p->coefficient], r, out, scaled);
	matrix_back(net, node, p->w, l->rows, scaled, 0, product);
	if (!last)
		pool_give(b->pool, scaled);
	if (!b->relevance[input] && !block_rows_in(b, node, input)) { /* the first that arrives */
		times_part(l, s->value[input], p->x, in, product);
		b->relevance[input] = product;
		return;
	}
	spread(b, node, product, p->x);
	pool_give(b->pool, product);
}

static void relevance_back(struct block *b, int node)
{
	if (b->sentence->rule->bias == SPREAD) {
		explicit_relevance(b, node, products_at);
		return;
	}
	const struct product *list;
	int products = products_of(b->sentence->rule, &list);

	block_lose(b, node);
	for (int k = 0; k < products; k++)
		product_back(b, node, &list[k], k == products - 1);
}

/* A part of X times H_in, for all heads of the node: [slots, rows, in] */
VECTORISED
static real *weighted(const struct carry *c, int node, enum part part)
{
	const struct node *n = &c->sentence->network->graph->node[node];
	const real *x = c->sentence->value[n->input[0]];
	long size = carry_size(c, n->input[0]), slots = c->slots[node];
	real *y = pool_take(c->pool, (size_t)(slots * size) * sizeof *y);
	real up = part_of_positive(part), down = part_of_negative(part);

	for (long k = 0; k < slots; k++) {
		const real *h = c->at[n->input[0]] + k * size;

		for (long i = 0; i < size; i++)
			y[k * size + i] = x[i] * (x[i] > 0 ? up : down) * h[i];
	}
	return y;
}

/* H[k] = c Y[k], or H[k] += c Y[k]; H may be Y */
VECTORISED
static void add_scaled(real *h, const real *c, const real *y, long slots, long size, bool first)
{
	for (long s = 0; s < slots; s++)
		for (long i = 0; i < size; i++)
			h[s * size + i] = (first ? 0 : h[s * size + i]) + c[i] * y[s * size + i];
}

static void relevance_carry(struct carry *c, int node)
{
	struct network *net = c->sentence->network;
	const struct node *n = &net->graph->node[node];
	long size = carry_size(c, node), slots = c->slots[node];
	long rows = slots * c->sentence->rows[n->side];
	const struct product *list;
	int products = products_of(c->sentence->rule, &list);

	if (!products) {
		explicit_carry(c, node, products_at);
		return;
	}
	carry_begin(c, node);
	for (int k = 0; k < products; k++) {
		real *x = weighted(c, node, list[k].x);
		real *y = k == 0 ? c->at[node]
				 : pool_take(c->pool, (size_t)(slots * size) * sizeof *y);

		matrix_forward(net, node, list[k].w, 1, rows, x, 0, y);
		add_scaled(c->at[node], c->sentence->shares[node].coefficient[list[k].coefficient],
			y, slots, size, k == 0);
		pool_give(c->pool, x);
		if (k)
			pool_give(c->pool, y);
	}
}

/* The derivative along H. */
static void gradient_carry(struct carry *c, int node)
{
	struct network *net = c->sentence->network;
	const struct node *n = &net->graph->node[node];
	long rows = c->slots[node] * c->sentence->rows[n->side];

	carry_begin(c, node);
	matrix_forward(net, node, PLAIN, 1, rows, c->at[n->input[0]], 0, c->at[node]);
	linear_cap_carry(c, node);
}

static unsigned gradient_reads(const struct rule *r)
{
	(void)r;
	return INPUTS;
}

static unsigned relevance_reads(const struct rule *r)
{
	(void)r;
	return INPUTS;
}

/* A matrix product with the weights for each term of the rule. */
static double relevance_cost(
	const struct graph *g, const struct node *n, const struct rule *r, const long rows[2])
{
	const struct product *list;
	int products = products_of(r, &list);

	(void)rows;
	return (double)g->node[n->input[0]].width * n->width * (products ? products : 1);
}

/* Converted before threads share the network. */
static void prepare_gradient(struct sentence *s, int node)
{
	network_bias(s->network, node);
}

static double gradient_cost(
	const struct graph *g, const struct node *n, const struct rule *r, const long rows[2])
{
	(void)r, (void)rows;
	return (double)g->node[n->input[0]].width * n->width;
}

const struct op op_linear = {
	.kind = &kind_linear,
	.forward = forward,
	.relevance = { relevance_reads, relevance_cost, prepare, relevance_back, relevance_carry },
	.gradient = { .reads = gradient_reads,
		.cost = gradient_cost,
		.prepare = prepare_gradient,
		.back = gradient_back,
		.carry = gradient_carry },
};
