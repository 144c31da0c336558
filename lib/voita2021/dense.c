/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule voita2021: dense layers, norms and sums (voita2021/voita.h has the rule).
 *
 * Dense    z_oi = W_oi x_i + b_o / n      the sign is each element's own, so T(z) is written out, a
 *                                         few outputs at a time, and serves all steps
 * Norm     z_ij = J_ij x_j + b_i / d, with J_ij = g_i (M_ij - mean_j M_ij),
 *          M_ij = delta_ij / s0 - c_i c_j / (d s1^3), c = x - mean(x), s0 = sqrt(mean c^2),
 *          s1 = sqrt(mean c^2 + eps of the norm). As mean(c) = 0, mean_j M_ij = 1 / (d s0).
 * Rescale  r_p R_p / (sum r_p + eps) for each position p, then r (sum R) / (sum r + eps)
 */
#include <math.h>
#include <string.h>

#include "op/linear.h"
#include "op/norm.h"
#include "network/gemm.h"
#include "tensor/vectorised.h"
#include "voita2021/dense.h"

enum { TILE = 64 }; /* outputs whose transitions are made at a time */

VECTORISED
double *voita_sums(const struct block *b, const struct layout *l, const real *r, long width)
{
	double *sum = arena_array(b->arena, (size_t)l->rows, sizeof *sum);

	for (long row = 0; row < l->rows; row++) {
		double part = 0;

#pragma omp simd reduction(+ : part)
		for (long i = 0; i < width; i++)
			part += r[row * width + i];
		sum[row] = part;
	}
	return sum;
}

double *voita_step_sums(const struct block *b, const struct layout *l, const double *row)
{
	double *sum = arena_zero(b->arena, (size_t)b->steps, sizeof *sum);

	for (long i = 0; i < l->rows; i++)
		sum[l->step[i]] += row[i];
	return sum;
}

VECTORISED
static void multiply(real *r, long width, double factor)
{
	for (long i = 0; i < width; i++)
		r[i] *= (real)factor;
}

/* z [n] becomes T(z); returns what eps takes. */
VECTORISED
static real transition(real *z, long n, double eps)
{
	real positive = 0, negative = 0;

#pragma omp simd reduction(+ : positive, negative)
	for (long i = 0; i < n; i++) {
		positive += z[i] > 0 ? z[i] : 0;
		negative += z[i] > 0 ? 0 : z[i];
	}
	struct halves t = halves(eps, positive, negative);
	for (long i = 0; i < n; i++)
		z[i] *= z[i] > 0 ? t.p : t.n;
	return t.lost;
}

/* z_oi of outputs `first` to first + count - 1 of a dense layer at one row x of its inputs */
VECTORISED
static void dense_rows(
	const struct sentence *s, int node, const real *x, long first, long count, real *z)
{
	long n = s->network->graph->node[s->network->graph->node[node].input[0]].width;
	const real *w = network_weight_rows(s->network, node, first, count, z);
	const real *bias = network_bias(s->network, node);

	for (long o = 0; o < count; o++) {
		real share = bias ? bias[first + o] / (real)n : 0;

		for (long i = 0; i < n; i++)
			z[o * n + i] = w[o * n + i] * x[i] + share;
	}
}

/* The same of a norm. */
VECTORISED
static void norm_rows(
	const struct sentence *s, int node, const real *x, long first, long count, real *z)
{
	const struct node *n = &s->network->graph->node[node];
	const real *g = network_weight(s->network, node, PLAIN),
		   *bias = network_bias(s->network, node);
	long d = n->width;
	double mean = 0, square = 0;

	for (long i = 0; i < d; i++)
		mean += x[i] / (double)d;
	for (long i = 0; i < d; i++)
		square += (x[i] - mean) * (x[i] - mean) / (double)d;
	double s0 = 1 / sqrt(square), s1 = pow(square + norm_eps(n), -1.5);
	for (long o = 0; o < count; o++) {
		long i = first + o;
		real share = bias ? bias[i] / (real)d : 0, m = (real)mean;
		real even = (real)(-g[i] * s0 / (double)d);
		real slope = (real)(-g[i] * s1 * (x[i] - mean) / (double)d);

		for (long j = 0; j < d; j++)
			z[o * d + j] = (even + slope * (x[j] - m)) * x[j] + share;
		z[o * d + i] = (real)((even + g[i] * s0 + slope * (x[i] - mean)) * x[i] + share);
	}
}

/* Scratch for the rows at one position: their relevance, that of their inputs, transitions. */
struct rows {
	long count, out, in;
	real *r, *c, *t;
	double *lost; /* [count] */
};

/* c = r T(z) */
static void apply(const struct sentence *s, int node, const real *x, struct rows *k)
{
	bool norm = s->network->graph->node[node].kind->scales;

	memset(k->lost, 0, (size_t)k->count * sizeof *k->lost);
	for (long first = 0; first < k->out; first += TILE) {
		long count = k->out - first < TILE ? k->out - first : TILE;

		(norm ? norm_rows : dense_rows)(s, node, x, first, count, k->t);
		for (long o = 0; o < count; o++) {
			real lost = transition(k->t + o * k->in, k->in, s->rule->eps);

			for (long row = 0; row < k->count; row++)
				k->lost[row] += lost * k->r[row * k->out + first + o];
		}
		gemm(k->count, k->in, count, k->r + first, k->out, k->t, k->in, first > 0 ? 1 : 0,
			k->c, k->in);
	}
}

/* r_in += what a node hands on; wanted[row of r_in] += the sum of its relevance */
static void hand_on(struct block *b, int node, real *r_in, double *wanted)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	const int *to = block_rows_in(b, node, n->input[0]);
	const double *sum = voita_sums(b, l, b->relevance[node], n->width);
	struct rows k = { .out = n->width, .in = s->network->graph->node[n->input[0]].width };

	k.r = pool_take(b->pool, (size_t)(b->steps * (k.out + k.in) + TILE * k.in) * sizeof(real));
	k.c = k.r + b->steps * k.out;
	k.t = k.c + b->steps * k.in;
	k.lost = arena_array(b->arena, (size_t)b->steps, sizeof *k.lost);
	for (long p = 0; p < s->rows[n->side]; p++) {
		const int *row = l->of_position + l->first[p];

		k.count = l->first[p + 1] - l->first[p];
		for (long i = 0; i < k.count; i++)
			memcpy(k.r + i * k.out, b->relevance[node] + row[i] * k.out,
				(size_t)k.out * sizeof(real));
		if (k.count)
			apply(s, node, s->value[n->input[0]] + p * k.in, &k);
		for (long i = 0; i < k.count; i++) {
			long at = to ? to[row[i]] : row[i];

			for (long x = 0; x < k.in; x++)
				r_in[at * k.in + x] += k.c[i * k.in + x];
			wanted[at] += sum[row[i]];
			b->lost[LOST_EPS][l->step[row[i]]] += k.lost[i];
		}
	}
	pool_give(b->pool, k.r);
}

/* RS row by row, then over all positions of a step. */
static void rescale(
	struct block *b, const struct layout *l, real *r, long width, const double *wanted)
{
	double *sum = voita_sums(b, l, r, width);
	double *factor = arena_array(b->arena, (size_t)l->rows, sizeof *factor);
	double *scaled = arena_array(b->arena, (size_t)l->rows, sizeof *scaled);

	for (long row = 0; row < l->rows; row++) {
		factor[row] = rescaling(b, wanted[row], sum[row]);
		scaled[row] = factor[row] * sum[row];
	}
	double *all = voita_step_sums(b, l, wanted), *got = voita_step_sums(b, l, scaled);
	for (long row = 0; row < l->rows; row++) {
		double f = factor[row] * rescaling(b, all[l->step[row]], got[l->step[row]]);

		multiply(r + row * width, width, f);
		b->lost[LOST_EPS][l->step[row]] -= (f - 1) * sum[row];
	}
}

real *voita_dense(struct block *b, const int *node, int nodes)
{
	const struct graph *g = b->sentence->network->graph;
	int input = g->node[node[0]].input[0];
	const struct layout *l = block_layout(b, input);
	struct arena_mark mark = arena_mark(b->arena);
	double *wanted = arena_zero(b->arena, (size_t)l->rows, sizeof *wanted);
	size_t size = (size_t)(l->rows * g->node[input].width) * sizeof(real);
	real *r = pool_take(b->pool, size);

	memset(r, 0, size);
	for (int k = 0; k < nodes; k++) {
		hand_on(b, node[k], r, wanted);
		pool_give(b->pool, b->relevance[node[k]]);
		b->relevance[node[k]] = NULL;
	}
	rescale(b, l, r, g->node[input].width, wanted);
	arena_back(b->arena, mark);
	return r;
}

void voita_start(const struct start *s, struct block *b)
{
	struct network *net = b->sentence->network;
	int input = net->graph->node[s->node].input[0];
	const struct layout *l = block_layout(b, input);
	long n = net->graph->node[input].width;
	const real *bias = network_bias(net, s->node), *x = b->sentence->value[input];
	real *r = block_input(b, input);

	for (long row = 0; row < l->rows; row++) { /* one a step */
		long step = b->first + row, neuron = s->neuron[step], at = l->position[row];
		real *z = r + row * n;

		network_weight_row(net, s->node, neuron, z);
		for (long i = 0; i < n; i++)
			z[i] = z[i] * x[at * n + i] + (bias ? bias[neuron] / (real)n : 0);
		b->lost[LOST_EPS][row] += s->seed[step] * transition(z, n, b->sentence->rule->eps);
		multiply(z, n, s->seed[step]);
	}
	rescale(b, l, r, n, s->seed + b->first);
}

/* A sum at one position: the shares of both terms, and what eps takes. */
static void add_shares(
	const struct sentence *s, const struct node *n, long position, real *share[2], real *lost)
{
	const real *x = s->value[n->input[0]] + position * n->width;
	const real *y = s->value[n->input[1]] + position * n->width;

	for (long i = 0; i < n->width; i++) {
		struct halves t = halves(
			s->rule->eps, fmax(x[i], 0) + fmax(y[i], 0), fmin(x[i], 0) + fmin(y[i], 0));

		share[0][i] = x[i] * (x[i] > 0 ? t.p : t.n);
		share[1][i] = y[i] * (y[i] > 0 ? t.p : t.n);
		lost[i] = t.lost;
	}
}

/* Both terms' relevance, laid out as that of the sum, before the rescale. */
static void add_parts(struct block *b, int add, real *const part[2])
{
	const struct node *n = &b->sentence->network->graph->node[add];
	const struct layout *l = block_layout(b, add);
	const real *r = b->relevance[add];
	long d = n->width;
	real *scratch = pool_take(b->pool, (size_t)(3 * d) * sizeof *scratch);
	real *share[2] = { scratch, scratch + d }, *lost = scratch + 2 * d;

	for (long p = 0; p < b->sentence->rows[n->side]; p++) {
		if (l->first[p] < l->first[p + 1])
			add_shares(b->sentence, n, p, share, lost);
		for (int at = l->first[p]; at < l->first[p + 1]; at++) {
			long row = l->of_position[at];
			double sum = 0;

			for (long i = 0; i < d; i++) {
				part[0][row * d + i] = share[0][i] * r[row * d + i];
				part[1][row * d + i] = share[1][i] * r[row * d + i];
				sum += lost[i] * r[row * d + i];
			}
			b->lost[LOST_EPS][l->step[row]] += sum;
		}
	}
	pool_give(b->pool, scratch);
}

/* RS of both terms row by row, then of each with itself over all positions. */
static void rescale_terms(
	struct block *b, const struct layout *l, real *const part[2], long d, const double *wanted)
{
	double *sum[2], *scaled[2], *step[2];

	for (int k = 0; k < 2; k++) {
		sum[k] = voita_sums(b, l, part[k], d);
		scaled[k] = arena_array(b->arena, (size_t)l->rows, sizeof *scaled[k]);
	}
	for (long row = 0; row < l->rows; row++)
		for (int k = 0; k < 2; k++)
			scaled[k][row] =
				sum[k][row] * rescaling(b, wanted[row], sum[0][row] + sum[1][row]);
	for (int k = 0; k < 2; k++) {
		step[k] = voita_step_sums(b, l, scaled[k]);
		for (long row = 0; row < l->rows; row++) {
			double all = step[k][l->step[row]];
			double f = rescaling(b, wanted[row], sum[0][row] + sum[1][row]) *
				   rescaling(b, all, all);

			multiply(part[k] + row * d, d, f);
			b->lost[LOST_EPS][l->step[row]] -= (f - 1) * sum[k][row];
		}
	}
}

void voita_add(struct block *b, int add)
{
	const struct node *n = &b->sentence->network->graph->node[add];
	const struct layout *l = block_layout(b, add);
	struct arena_mark mark = arena_mark(b->arena);
	long d = n->width;
	real *part[2];

	for (int k = 0; k < 2; k++)
		part[k] = pool_take(b->pool, (size_t)(l->rows * d) * sizeof *part[k]);
	add_parts(b, add, part);
	rescale_terms(b, l, part, d, voita_sums(b, l, b->relevance[add], d));
	for (int k = 0; k < 2; k++) {
		const int *to = block_rows_in(b, add, n->input[k]);
		real *r = block_input(b, n->input[k]);

		for (long row = 0; row < l->rows; row++)
			for (long i = 0; i < d; i++)
				r[(to ? to[row] : row) * d + i] += part[k][row * d + i];
		pool_give(b->pool, part[k]);
	}
	pool_give(b->pool, b->relevance[add]);
	b->relevance[add] = NULL;
	arena_back(b->arena, mark);
}
