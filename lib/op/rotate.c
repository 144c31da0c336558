/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotate: rotary positions. Pairs of a head's neurons turn by an angle that grows with the position.
 *
 * Forward     y_a = x_a cos - x_b sin,  y_b = x_b cos + x_a sin,  angle = position * frequency[k],
 *             cos and sin times `scale`, for the k-th pair (a, b) of each head: neurons k and
 *             k + pairs, or, with `neighbours`, 2 k and 2 k + 1. Neurons behind the pairs pass.
 * Relevance   (3) with the two contributions of each output; what passes passes:
 *                 R_i = own_i R_i + cross_i R_p,  p the other neuron of i's pair,
 *             own_i the share of x_i in y_i, cross_i the share of x_i in y_p
 * Carry       H_i = own_i H_in,i + cross_p H_in,p
 * Gradient    the same with own = cos, cross_a = sin, cross_b = -sin
 * Keeps       sum R_in = sum R - shares of eps and zero denominators
 * Source      Su et al. 2021
 */
#include <math.h>

#include "network/op.h"
#include "network/shares.h"

enum { OWN_SHARE, CROSS_SHARE };

/* A pair of neurons of a row, and its angle. */
struct pair {
	long a, b;
	double cos, sin;
};

/* Pair k of head h at a position; k below the node's number of pairs. */
static struct pair pair_at(const struct node *n, long h, long k, long position)
{
	const struct rotation *r = n->set;
	long first = h * (n->width / r->heads), pairs = r->frequencies.count;
	double angle = (double)position * r->frequencies.at[k];
	double scale = r->scale != 0 ? r->scale : 1;

	return (struct pair){ first + (r->neighbours ? 2 * k : k),
		first + (r->neighbours ? 2 * k + 1 : k + pairs), scale * cos(angle),
		scale * sin(angle) };
}

static void forward_row(const struct node *n, long position, const real *x, real *y)
{
	const struct rotation *r = n->set;

	for (long i = 0; i < n->width; i++)
		y[i] = x[i];
	for (long h = 0; h < r->heads; h++)
		for (long k = 0; k < r->frequencies.count; k++) {
			struct pair p = pair_at(n, h, k, position);

			y[p.a] = (real)(x[p.a] * p.cos - x[p.b] * p.sin);
			y[p.b] = (real)(x[p.b] * p.cos + x[p.a] * p.sin);
		}
}

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];

	for (int s = 0; s < b->sentences; s++) {
		struct span q = b->queries[n->side][s];
		long past = b->keys[n->side][s].rows - q.rows;

		for (long t = 0; t < q.rows; t++)
			forward_row(n, past + t, value[n->input[0]] + (q.start + t) * n->width,
				value[node] + (q.start + t) * n->width);
	}
}

/* The shares of an output's two terms, of its own neuron and of the other. */
static void share_output(struct sentence *s, int node, long at, double own, double other,
	real *to_own, real *to_other)
{
	double positive = (own > 0 ? own : 0) + (other > 0 ? other : 0);
	double negative = (own < 0 ? own : 0) + (other < 0 ? other : 0);
	struct coefficients c =
		shares_of_sums(s->rule, s->rule->contribution, positive, negative, 0);
	const struct node *n = &s->network->graph->node[node];

	*to_own = (real)share_of(&c, own);
	*to_other = (real)share_of(&c, other);
	shares_note_lost(s, node, s->rows[n->side] * n->width, at, &c);
}

static void share_pair(struct sentence *s, int node, long row, const struct pair *p)
{
	const struct node *n = &s->network->graph->node[node];
	const real *x = s->value[n->input[0]] + row;
	real *own = s->shares[node].coefficient[OWN_SHARE] + row;
	real *cross = s->shares[node].coefficient[CROSS_SHARE] + row;

	share_output(
		s, node, row + p->a, x[p->a] * p->cos, -x[p->b] * p->sin, &own[p->a], &cross[p->b]);
	share_output(
		s, node, row + p->b, x[p->b] * p->cos, x[p->a] * p->sin, &own[p->b], &cross[p->a]);
}

static void slope_pair(struct sentence *s, int node, long row, const struct pair *p)
{
	real *own = s->shares[node].coefficient[OWN_SHARE] + row;
	real *cross = s->shares[node].coefficient[CROSS_SHARE] + row;

	own[p->a] = own[p->b] = (real)p->cos;
	cross[p->a] = (real)p->sin;
	cross[p->b] = (real)-p->sin;
}

static void fill(struct sentence *s, int node,
	void (*pair)(struct sentence *, int, long, const struct pair *))
{
	const struct node *n = &s->network->graph->node[node];
	const struct rotation *r = n->set;
	size_t count = (size_t)(s->rows[n->side] * n->width);
	real *own = arena_array(s->arena, count, sizeof *own);

	for (size_t i = 0; i < count; i++)
		own[i] = 1;
	s->shares[node].coefficient[OWN_SHARE] = own;
	s->shares[node].coefficient[CROSS_SHARE] = arena_zero(s->arena, count, sizeof *own);
	for (long t = 0; t < s->rows[n->side]; t++)
		for (long h = 0; h < r->heads; h++)
			for (long k = 0; k < r->frequencies.count; k++) {
				struct pair p = pair_at(n, h, k, t);

				pair(s, node, t * n->width, &p);
			}
}

static void prepare(struct sentence *s, int node)
{
	fill(s, node, share_pair);
}

static void prepare_gradient(struct sentence *s, int node)
{
	fill(s, node, slope_pair);
}

/* The other neuron of i's pair, or i itself behind the pairs. */
static long partner(const struct node *n, long i)
{
	const struct rotation *r = n->set;
	long width = n->width / r->heads, at = i % width, pairs = r->frequencies.count;

	if (at >= 2 * pairs)
		return i;
	if (r->neighbours)
		return i - at + (at ^ 1);
	return at < pairs ? i + pairs : i - pairs;
}

static void back(struct block *b, int node)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	const int *to = block_rows_in(b, node, n->input[0]);
	real *in = block_input(b, n->input[0]);

	for (long row = 0; row < l->rows; row++) {
		long at = l->position[row] * (long)n->width;
		const real *own = s->shares[node].coefficient[OWN_SHARE] + at;
		const real *cross = s->shares[node].coefficient[CROSS_SHARE] + at;
		const real *r = b->relevance[node] + row * n->width;
		real *out = in + (to ? to[row] : row) * n->width;

		for (long i = 0; i < n->width; i++)
			out[i] += own[i] * r[i] + cross[i] * r[partner(n, i)];
	}
	block_lose(b, node);
}

static void carry_on(struct carry *c, int node)
{
	const struct sentence *s = c->sentence;
	const struct node *n = &s->network->graph->node[node];
	long rows = s->rows[n->side];

	carry_begin(c, node);
	for (long row = 0; row < c->slots[node] * rows; row++) {
		long at = row % rows * n->width;
		const real *own = s->shares[node].coefficient[OWN_SHARE] + at;
		const real *cross = s->shares[node].coefficient[CROSS_SHARE] + at;
		const real *in = c->at[n->input[0]] + row * n->width;
		real *out = c->at[node] + row * n->width;

		for (long i = 0; i < n->width; i++) {
			long p = partner(n, i);

			out[i] = own[i] * in[i] + cross[p] * in[p];
		}
	}
}

static unsigned reads(const struct rule *r)
{
	(void)r;
	return INPUT_0;
}

const struct op op_rotate = {
	.kind = &kind_rotate,
	.forward = forward,
	.relevance = { reads, NULL, prepare, back, carry_on },
	.gradient = { NULL, NULL, prepare_gradient, back, carry_on },
};
