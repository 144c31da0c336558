/* SPDX-License-Identifier: Apache-2.0 */
/*
 * norm: layer normalisation.
 *
 * Forward     y[t,i] = g[i] (x[t,i] - m[t]) / s[t] + b[i],  m = mean of x[t,:],
 *             s = sqrt(mean of (x - m)^2 + eps)
 * Relevance   a dense layer with W_ij = c_i (delta_ij - 1/d), c_i = g_i / s, s held constant:
 *             contributions z_ii = c_i (1 - 1/d) x_i and z_ij = -c_i x_j / d for j != i.
 *             With p_i, n_i of the rule (rule.h) the sum over outputs needs no [d, d] array:
 *                 R_j = D_j R_j + x_j U+ for x_j > 0, and with U- for x_j <= 0
 *                 U+ = sum_i o+_i R_i,  o+_i = -c_i/d (p_i if c_i < 0 else n_i)
 *                 U- = sum_i o-_i R_i,  o-_i = -c_i/d (p_i if c_i > 0 else n_i)
 *                 D_j = share of z_jj - x_j o+-_j, since U counts i = j too
 * Carry       H_i = D_i H_in,i + o+_i sum_{x_j > 0} x_j H_in,j + o-_i sum_{x_j <= 0} x_j H_in,j
 *             norm=centred (norm_centred.c), norm=jacobian and the gradient (norm_jacobian.c) have
 *             files of their own; norm=identity passes relevance
 * Keeps       sum R_in = sum R - shares of b, eps and zero denominators
 * Source      Voita et al. 2019, (3); Ba et al. 2016
 */
#include "op/norm.h"

#include <math.h>

#include "base/die.h"
#include "op/explicit.h"
#include "network/op.h"
#include "network/shares.h"
#include "tensor/vectorised.h"

enum { DIAGONAL, FOR_POSITIVE, FOR_NEGATIVE };
enum { MOST_COUNTED = 1000 }; /* in units of the relevance */

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	const real *g = network_weight(net, node, PLAIN), *bias = network_bias(net, node);

	for (long t = 0; t < b->rows[n->side]; t++) {
		const real *x = value[n->input[0]] + t * n->width;
		real *y = value[node] + t * n->width;
		double mean, inverse;

		norm_moments(x, n->width, norm_eps(n), &mean, &inverse);
		for (long i = 0; i < n->width; i++)
			y[i] = (real)((x[i] - mean) * inverse * g[i] + (bias ? bias[i] : 0));
	}
}

/* The sums of z_ij over j, by sign: of c_i (1-1/d) x_i and of -c_i x_j / d, j != i. */
static struct coefficients row_coefficients(const struct rule *rule, double c, double x, long d,
	double all_positive, double all_negative, double bias)
{
	double own = c * (1 - 1.0 / (double)d) * x;
	double others_positive = -c * (all_positive - (x > 0 ? x : 0)) / (double)d;
	double others_negative = -c * (all_negative - (x < 0 ? x : 0)) / (double)d;
	double positive = own > 0 ? own : 0, negative = own < 0 ? own : 0;

	positive += c > 0 ? others_negative : others_positive;
	negative += c > 0 ? others_positive : others_negative;
	return shares_of_sums(rule, rule->contribution, positive > 0 ? positive : 0,
		negative < 0 ? negative : 0, bias);
}

/* False where D_j is a small difference of large numbers, by far. */
static bool prepare_row(struct sentence *s, int node, long t, const real *g, const real *bias)
{
	const struct node *n = &s->network->graph->node[node];
	struct shares *shares = &s->shares[node];
	long d = n->width;
	const real *x = s->value[n->input[0]] + t * d;
	double mean, inverse, positive = 0, negative = 0, largest = 0;

	norm_moments(x, d, norm_eps(n), &mean, &inverse);
	for (long i = 0; i < d; i++) {
		positive += x[i] > 0 ? x[i] : 0;
		negative += x[i] < 0 ? x[i] : 0;
	}
	for (long i = 0; i < d; i++) {
		double c = g[i] * inverse, off = -c / (double)d;
		struct coefficients k = row_coefficients(
			s->rule, c, x[i], d, positive, negative, bias ? bias[i] : 0);
		double up = off * (c < 0 ? k.p : k.n), down = off * (c > 0 ? k.p : k.n);

		double counted = x[i] * (x[i] > 0 ? up : down);

		shares->coefficient[FOR_POSITIVE][t * d + i] = (real)up;
		shares->coefficient[FOR_NEGATIVE][t * d + i] = (real)down;
		shares->coefficient[DIAGONAL][t * d + i] =
			(real)(share_of(&k, c * (1 - 1.0 / (double)d) * x[i]) - counted);
		shares_note_lost(s, node, s->rows[n->side] * d, t * d + i, &k);
		largest = fmax(largest, fabs(counted));
	}
	return s->rule->contribution != ALPHABETA || largest < MOST_COUNTED;
}

/*
 * The fast form's coefficients. Some rules have none, and it is no good where one x outweighs all
 * others of its sign: a side of alphabeta then shares by those others, of which U has to lose x
 * again.
 */
static void prepare(struct sentence *s, int node)
{
	const struct node *n = &s->network->graph->node[node];
	const real *g = network_weight(s->network, node, PLAIN),
		   *bias = network_bias(s->network, node);
	struct shares *shares = &s->shares[node];
	bool fast = s->rule->norm == LINEAR && s->rule->bias != SPREAD;

	for (int k = DIAGONAL; fast && k <= FOR_NEGATIVE; k++)
		shares->coefficient[k] =
			arena_array(s->arena, (size_t)(s->rows[n->side] * n->width), sizeof(real));
	for (long t = 0; fast && t < s->rows[n->side]; t++)
		fast = prepare_row(s, node, t, g, bias);
	if (!fast)
		*shares = (struct shares){ 0 };
}

/* z_ij of the dense layer with held scale, written out */
static void linear_contributions(const struct sentence *s, int node, long position, real *z)
{
	const struct node *n = &s->network->graph->node[node];
	const real *g = network_weight(s->network, node, PLAIN);
	long d = n->width;
	const real *x = s->value[n->input[0]] + position * d;
	double mean, inverse;

	norm_moments(x, d, norm_eps(n), &mean, &inverse);
	for (long i = 0; i < d; i++)
		for (long j = 0; j < d; j++)
			z[i * d + j] = (real)(g[i] * inverse * ((i == j) - 1.0 / (double)d) * x[j]);
}

VECTORISED
static void relevance_row(
	const struct shares *shares, long at, const real *x, const real *r, real *out, long d)
{
	const real *up = shares->coefficient[FOR_POSITIVE] + at;
	const real *down = shares->coefficient[FOR_NEGATIVE] + at;
	const real *diagonal = shares->coefficient[DIAGONAL] + at;
	real u = 0, v = 0;

#pragma omp simd reduction(+ : u, v)
	for (long i = 0; i < d; i++) {
		u += up[i] * r[i];
		v += down[i] * r[i];
	}
	for (long j = 0; j < d; j++)
		out[j] += diagonal[j] * r[j] + x[j] * (x[j] > 0 ? u : v);
}

static void relevance_back(struct block *b, int node)
{
	const struct node *n = &b->sentence->network->graph->node[node];
	const struct rule *rule = b->sentence->rule;
	const struct layout *l = block_layout(b, node);
	const int *to = block_rows_in(b, node, n->input[0]);
	long d = n->width;

	if (rule->norm == IDENTITY) {
		block_pass(b, node, n->input[0]);
	} else if (rule->norm == CENTRED) {
		norm_centred(b, node);
	} else if (!b->sentence->shares[node].coefficient[DIAGONAL]) {
		explicit_relevance(
			b, node, rule->norm == JACOBIAN ? norm_jacobian : linear_contributions);
	} else {
		real *r_in = block_input(b, n->input[0]);

		for (long row = 0; row < l->rows; row++)
			relevance_row(&b->sentence->shares[node], l->position[row] * d,
				b->sentence->value[n->input[0]] + l->position[row] * d,
				b->relevance[node] + row * d, r_in + (to ? to[row] : row) * d, d);
		block_lose(b, node);
	}
}

VECTORISED
static void carry_row(real *const *k, const real *x, const real *in, real *out, long at, long d)
{
	real positive = 0, negative = 0;

#pragma omp simd reduction(+ : positive, negative)
	for (long j = 0; j < d; j++) {
		real z = x[j] * in[j];

		positive += x[j] > 0 ? z : 0;
		negative += x[j] > 0 ? 0 : z;
	}
	for (long i = 0; i < d; i++)
		out[i] = k[DIAGONAL][at + i] * in[i] + k[FOR_POSITIVE][at + i] * positive +
			 k[FOR_NEGATIVE][at + i] * negative;
}

static void relevance_carry(struct carry *c, int node)
{
	const struct node *n = &c->sentence->network->graph->node[node];
	const struct rule *rule = c->sentence->rule;
	const real *x = c->sentence->value[n->input[0]];
	long rows = c->sentence->rows[n->side], d = n->width;

	if (rule->norm == IDENTITY) {
		carry_pass(c, n->input[0], node);
	} else if (rule->norm == CENTRED) {
		norm_centred_carry(c, node);
	} else if (!c->sentence->shares[node].coefficient[DIAGONAL]) {
		explicit_carry(
			c, node, rule->norm == JACOBIAN ? norm_jacobian : linear_contributions);
	} else {
		carry_begin(c, node);
		for (long row = 0; row < c->slots[node] * rows; row++)
			carry_row(c->sentence->shares[node].coefficient, x + row % rows * d,
				c->at[n->input[0]] + row * d, c->at[node] + row * d, row % rows * d,
				d);
	}
}

static unsigned reads(const struct rule *r)
{
	(void)r;
	return INPUT_0;
}

/* Converted before threads share the network. */
static void prepare_gradient(struct sentence *s, int node)
{
	network_weight(s->network, node, PLAIN);
}

const struct op op_norm = {
	.kind = &kind_norm,
	.forward = forward,
	.relevance = { reads, NULL, prepare, relevance_back, relevance_carry },
	.gradient = { reads, NULL, prepare_gradient, norm_gradient, norm_gradient_carry },
};
