/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scores: how well each query fits each key, per head.
 *
 * Forward     s[h,i,j] = c sum_e q[i,h,e] k[j,g,e] + b[j-i,h], g the group of h (h itself where each
 *             head has keys of its own), b a table of distances (distance.h) or none; perhaps
 *             capped, C tanh(s / C); all keys are computed, a causal softmax looks at j <= i only
 * Relevance   passes a cap by (6); products z_e = c q_e k_e by (4), their sum by (3), in which b is a
 *             bias: with t_e the rule's share of z_e,
 *                 M_q[j,e] = t_e share(q_e of q_e, k_e),  M_k[j,e] = t_e share(k_e of q_e, k_e)
 *                 R_q[i,e] = sum_j R_s[i,j] M_q[j,e],     R_k[j,e] = sum_i R_s[i,j] M_k[j,e]
 *             M is [keys, e] for one query and head, and serves all steps.
 * Carry       H[i,j] = sum_e M_q[j,e] H_q[i,e] + M_k[j,e] H_k[j,e]
 * Gradient    the same with M_q[j,e] = c k[j,e], M_k[j,e] = c q[e], times the slope of a cap
 * Keeps       sum R_q + sum R_k = sum R_s - shares of b, eps and zero denominators
 * Source      Voita et al. 2019, (3) and (4); b: Raffel et al. 2020; C: Gemma Team 2024
 */
#include <math.h>
#include <string.h>

#include "attention/distance.h"
#include "base/die.h"
#include "network/op.h"
#include "network/product.h"
#include "network/gemm.h"
#include "tensor/vectorised.h"

/* b of a head, for a key that is so many positions behind a query. */
static real distance(const struct node *n, const real *table, long behind, long head)
{
	return table[distance_bucket(n->set, behind) * n->width + head];
}

/* s += b; queries are the last of the positions. */
static void add_distances(struct network *net, int node, const struct batch *b, real *s)
{
	const struct node *n = &net->graph->node[node];
	const real *table = network_weight(net, node, PLAIN);

	for (int i = 0; i < b->sentences; i++) {
		long queries = b->queries[n->side][i].rows, keys = b->keys[node_keys(n)][i].rows;

		for (int h = 0; h < node_heads(n); h++)
			for (long q = keys - queries; q < keys; q++)
				for (long j = 0; j < keys; j++)
					*s++ += distance(n, table, j - q, h);
	}
}

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	const struct attention *set = n->set;
	long width = net->graph->node[n->input[0]].width, e = width / set->heads;
	long stride = e * key_heads(set);
	real *s = value[node];

	for (int i = 0; i < b->sentences; i++) {
		struct span qs = b->queries[n->side][i], ks = b->keys[node_keys(n)][i];
		const real *q = value[n->input[0]] + qs.start * width;
		const real *k = value[n->input[1]] + ks.start * stride;

		for (int h = 0; h < node_heads(n); h++, s += qs.rows * ks.rows)
			gemm_transposed(qs.rows, ks.rows, e, q + h * e, width,
				k + key_head(set, h) * e, stride, 0, s, ks.rows);
	}
	real scale = (real)attention_scale(n);
	for (real *p = value[node]; p < s; p++)
		*p *= scale;
	if (set->buckets)
		add_distances(net, node, b, value[node]);
	for (real *p = value[node]; set->cap != 0 && p < s; p++)
		*p = (real)(set->cap * tanh(*p / set->cap));
}

/* The shares of one query's factors and of its keys', [seen, e] each. */
struct query {
	const real *q, *k; /* of this head; keys are `stride` apart */
	real *bias;	   /* [seen]: b; NULL: there is none */
	long e, seen, stride;
	double scale, cap;
	real *m_q, *m_k;
	double *lost[LOSSES]; /* [seen] */
};

VECTORISED
static void shares_of_magnitude(const struct query *s)
{
	for (long j = 0; j < s->seen; j++) {
		const real *k = s->k + j * s->stride, *q = s->q;
		real sum = 0;

#pragma omp simd reduction(+ : sum)
		for (long x = 0; x < s->e; x++)
			sum += q[x] * k[x] < 0 ? -q[x] * k[x] : q[x] * k[x];
		s->lost[LOST_ZERO][j] = sum < REAL_TINY && !(s->bias && s->bias[j] != 0);
		s->lost[LOST_BIAS][j] = sum < REAL_TINY && s->bias && s->bias[j] != 0;
		real inverse = sum < REAL_TINY ? 0 : 1 / sum;
#pragma omp simd
		for (long x = 0; x < s->e; x++)
			product_split_magnitude(
				inverse, q[x], k[x], &s->m_q[j * s->e + x], &s->m_k[j * s->e + x]);
	}
}

static void shares_of_rule(const struct rule *rule, const struct query *s)
{
	for (long j = 0; j < s->seen; j++) {
		const real *k = s->k + j * s->stride;
		double positive = 0, negative = 0, lost[LOSSES], b = s->bias ? s->bias[j] : 0;
		double spread = rule->bias == SPREAD ? b / (double)s->e : 0;

		for (long x = 0; x < s->e; x++) {
			double z = s->scale * s->q[x] * k[x] + spread;

			positive += z > 0 ? z : 0;
			negative += z < 0 ? z : 0;
		}
		struct coefficients c =
			shares_of_sums(rule, rule->contribution, positive, negative, b);
		memcpy(lost, c.lost, sizeof lost);
		for (long x = 0; x < s->e; x++)
			product_split(rule, share_of(&c, s->scale * s->q[x] * k[x] + spread),
				s->q[x], k[x], &s->m_q[j * s->e + x], &s->m_k[j * s->e + x], lost);
		for (int l = 0; l < LOSSES; l++)
			s->lost[l][j] = lost[l];
	}
}

/* How M_q and M_k are filled: by the rule, or by the derivative. */
typedef void shares_function(const struct rule *rule, struct query *s);

/* The slope of a cap at key j: 1 - tanh^2(s / C). */
static double cap_slope(const struct query *s, long j)
{
	double sum = s->bias ? s->bias[j] : 0;

	if (s->cap == 0)
		return 1;
	for (long x = 0; x < s->e; x++)
		sum += s->scale * s->q[x] * s->k[j * s->stride + x];
	return 1 - tanh(sum / s->cap) * tanh(sum / s->cap);
}

/* M_q = c k, M_k = c q */
static void slopes(const struct rule *rule, struct query *s)
{
	(void)rule;
	for (long j = 0; j < s->seen; j++) {
		double scale = s->scale * cap_slope(s, j);

		for (long x = 0; x < s->e; x++) {
			s->m_q[j * s->e + x] = (real)(scale * s->k[j * s->stride + x]);
			s->m_k[j * s->e + x] = (real)(scale * s->q[x]);
		}
	}
}

/* One row of R_s [seen] to R_q [e] and R_k [seen, stride]. */
ALWAYS_INLINE void hand_on_row(
	const struct query *s, const real *r, real *restrict r_q, real *restrict r_k, long e)
{
	const real *restrict m_q = s->m_q, *restrict m_k = s->m_k;

	for (long j = 0; j < s->seen; j++, m_q += e, m_k += e, r_k += s->stride)
#pragma omp simd
		for (long x = 0; x < e; x++) {
			r_q[x] += r[j] * m_q[x];
			r_k[x] += r[j] * m_k[x];
		}
}

VECTORISED
static void hand_on(
	struct block *b, const struct query *s, int step, const real *r, real *r_q, real *r_k)
{
	WITH_HEAD_WIDTH(s->e, hand_on_row, s, r, r_q, r_k);
	for (int l = 0; l < LOSSES; l++)
		for (long j = 0; j < s->seen; j++)
			b->lost[l][step] += s->lost[l][j] * r[j];
}

static struct query begin(struct pool *pool, const struct node *n, long width, long keys)
{
	struct query s = { .e = width / node_heads(n), .seen = keys };

	s.stride = s.e * key_heads(attention_of(n));

	s.scale = attention_scale(n);
	s.cap = attention_of(n)->cap;
	s.bias = attention_of(n)->buckets ? pool_take(pool, (size_t)keys * sizeof(real)) : NULL;
	s.m_q = pool_take(pool, (size_t)(2 * keys * s.e) * sizeof(real));
	s.m_k = s.m_q + keys * s.e;
	s.lost[0] = pool_take(pool, (size_t)(LOSSES * keys) * sizeof(double));
	memset(s.lost[0], 0, (size_t)(LOSSES * keys) * sizeof(double));
	for (int l = 1; l < LOSSES; l++)
		s.lost[l] = s.lost[0] + l * keys;
	return s;
}

static void end(struct pool *pool, struct query *s)
{
	pool_give(pool, s->m_q);
	pool_give(pool, s->lost[0]);
	if (s->bias)
		pool_give(pool, s->bias);
}

/* M_q and M_k by the rule. */
static void shares(const struct rule *rule, struct query *s)
{
	if (product_is_magnitude(rule) && (!s->bias || rule->bias == EXCLUDE))
		shares_of_magnitude(s);
	else
		shares_of_rule(rule, s);
}

/* The shares of query i of head h. */
static void look_at(
	struct query *s, const struct sentence *x, int node, long i, long h, shares_function *fill)
{
	const struct node *n = &x->network->graph->node[node];

	s->seen = keys_seen(attention_of(n), i, x->rows[node_keys(n)]);
	s->q = x->value[n->input[0]] + (i * node_heads(n) + h) * s->e;
	s->k = x->value[n->input[1]] + key_head(attention_of(n), h) * s->e;
	const real *table = s->bias ? network_weight(x->network, node, PLAIN) : NULL;

	for (long j = 0; table && j < s->seen; j++)
		s->bias[j] = distance(n, table, j - i, h);
	fill(x->rule, s);
	for (long j = 0; s->bias && j < s->seen; j++)
		if (s->lost[LOST_BIAS][j] != 0)
			shares_note_bias(x, node, (double[LOSSES]){ [LOST_BIAS] = 1 });
}

/* Converted before threads share the network. */
static void prepare(struct sentence *s, int node)
{
	if (attention_of(&s->network->graph->node[node])->buckets)
		network_weight(s->network, node, PLAIN);
}

static void back(struct block *b, int node, shares_function *fill)
{
	const struct network *net = b->sentence->network;
	const struct node *n = &net->graph->node[node];
	const struct layout *l = block_layout(b, node), *l_k = block_layout(b, n->input[1]);
	const int *to = block_rows_in(b, node, n->input[0]);
	long width = net->graph->node[n->input[0]].width, keys = b->sentence->rows[node_keys(n)];
	real *r_q = block_input(b, n->input[0]), *r_k = block_input(b, n->input[1]);
	struct query s = begin(b->pool, n, width, keys);

	for (long i = 0; i < b->sentence->rows[n->side]; i++)
		for (long h = 0; l->first[i] < l->first[i + 1] && h < node_heads(n); h++) {
			look_at(&s, b->sentence, node, i, h, fill);
			for (int at = l->first[i]; at < l->first[i + 1]; at++) {
				long row = l->of_position[at], step = l->step[row];

				hand_on(b, &s, (int)step,
					b->relevance[node] + (row * node_heads(n) + h) * keys,
					r_q + (to ? to[row] : row) * width + h * s.e,
					r_k + l_k->start[step] * s.stride +
						key_head(attention_of(n), h) * s.e);
			}
		}
	end(b->pool, &s);
}

/* out[j] = sum_e M_q[j,e] H_q[e] + M_k[j,e] H_k[j,e]; either may be NULL */
/* Four keys at a time: their sums are independent, and so the processor computes them together. */
ALWAYS_INLINE long gather_four(
	const struct query *s, const real *h_q, const real *h_k, real *restrict out, long e)
{
	const real *q = s->m_q, *k = s->m_k, *h = h_k;
	long j = 0;

	for (; j + 4 <= s->seen; j += 4, q += 4 * e, k += 4 * e, h += 4 * s->stride) {
		const real *h1 = h + s->stride, *h2 = h1 + s->stride, *h3 = h2 + s->stride;
		real a = 0, b = 0, c = 0, d = 0;

#pragma omp simd reduction(+ : a, b, c, d)
		for (long x = 0; x < e; x++) {
			a += q[x] * h_q[x] + k[x] * h[x];
			b += q[e + x] * h_q[x] + k[e + x] * h1[x];
			c += q[2 * e + x] * h_q[x] + k[2 * e + x] * h2[x];
			d += q[3 * e + x] * h_q[x] + k[3 * e + x] * h3[x];
		}
		out[j] = a;
		out[j + 1] = b;
		out[j + 2] = c;
		out[j + 3] = d;
	}
	return j;
}

ALWAYS_INLINE void gather_row(
	const struct query *s, const real *h_q, const real *h_k, real *restrict out, long e)
{
	for (long j = h_q && h_k ? gather_four(s, h_q, h_k, out, e) : 0; j < s->seen; j++) {
		const real *m_q = s->m_q + j * e, *m_k = s->m_k + j * e;
		real sum = 0;

		if (h_q)
#pragma omp simd reduction(+ : sum)
			for (long x = 0; x < e; x++)
				sum += m_q[x] * h_q[x];
		if (h_k)
#pragma omp simd reduction(+ : sum)
			for (long x = 0; x < e; x++)
				sum += m_k[x] * h_k[j * s->stride + x];
		out[j] = sum;
	}
}

VECTORISED
static void gather(const struct query *s, const real *h_q, const real *h_k, real *out)
{
	WITH_HEAD_WIDTH(s->e, gather_row, s, h_q, h_k, out);
}

static void carry_on(struct carry *c, int node, shares_function *fill)
{
	const struct node *n = &c->sentence->network->graph->node[node];
	long width = c->sentence->network->graph->node[n->input[0]].width;
	long keys = c->sentence->rows[node_keys(n)], queries = c->sentence->rows[n->side];
	struct query s = begin(c->pool, n, width, keys);

	carry_zero(c, node);
	for (long i = 0; i < queries; i++)
		for (long h = 0; h < node_heads(n); h++) {
			look_at(&s, c->sentence, node, i, h, fill);
			for (int k = 0; k < c->heads; k++) {
				const real *h_q = carry_slot(c, n->input[0], k);
				const real *h_k = carry_slot(c, n->input[1], k);

				if (h_q || h_k)
					gather(&s, h_q ? h_q + i * width + h * s.e : NULL,
						h_k ? h_k + key_head(attention_of(n), h) * s.e
						    : NULL,
						carry_slot(c, node, k) +
							(i * node_heads(n) + h) * keys);
			}
		}
	end(c->pool, &s);
}

static void relevance_back(struct block *b, int node)
{
	back(b, node, shares);
}

static void relevance_carry(struct carry *c, int node)
{
	carry_on(c, node, shares);
}

static void gradient_back(struct block *b, int node)
{
	back(b, node, slopes);
}

static void gradient_carry(struct carry *c, int node)
{
	carry_on(c, node, slopes);
}

static unsigned reads(const struct rule *r)
{
	(void)r;
	return INPUTS;
}

static double cost(
	const struct graph *g, const struct node *n, const struct rule *r, const long rows[2])
{
	(void)r;
	return 2.0 * (double)rows[node_keys(n)] * g->node[n->input[0]].width;
}

const struct op op_scores = {
	.kind = &kind_scores,
	.forward = forward,
	.relevance = { reads, cost, prepare, relevance_back, relevance_carry },
	.gradient = { reads, cost, prepare, gradient_back, gradient_carry },
};
