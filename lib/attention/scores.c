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
 *             (factors.h has how M is made)
 * Carry       H[i,j] = sum_e M_q[j,e] H_q[i,e] + M_k[j,e] H_k[j,e]
 * Gradient    the same with M_q[j,e] = c k[j,e], M_k[j,e] = c q[e], times the slope of a cap
 * Keeps       sum R_q + sum R_k = sum R_s - shares of b, eps and zero denominators
 * Source      Voita et al. 2019, (3) and (4); b: Raffel et al. 2020; C: Gemma Team 2024
 */
#include <math.h>

#include "attention/distance.h"
#include "attention/factors.h"
#include "network/op.h"
#include "network/gemm.h"

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

/* b[i,x] of struct factors. */
static double bias(const struct sentence *s, int node, long query, long head, long key)
{
	const struct node *n = &s->network->graph->node[node];

	return distance(n, network_weight(s->network, node, PLAIN), key - query, head);
}

static struct factors begin(const struct sentence *s, int node, struct pool *pool, bool slopes)
{
	const struct node *n = &s->network->graph->node[node];

	return factors_begin(
		s, node, pool, attention_scale(n), attention_of(n)->buckets ? bias : NULL, slopes);
}

/* Converted before threads share the network. */
static void prepare(struct sentence *s, int node)
{
	if (attention_of(&s->network->graph->node[node])->buckets)
		network_weight(s->network, node, PLAIN);
}

static void back(struct block *b, int node, bool slopes)
{
	struct factors f = begin(b->sentence, node, b->pool, slopes);

	factors_back(b, &f);
	factors_end(&f);
}

static void carry(struct carry *c, int node, bool slopes)
{
	struct factors f = begin(c->sentence, node, c->pool, slopes);

	factors_carry(c, &f);
	factors_end(&f);
}

static void relevance_back(struct block *b, int node)
{
	back(b, node, false);
}

static void relevance_carry(struct carry *c, int node)
{
	carry(c, node, false);
}

static void gradient_back(struct block *b, int node)
{
	back(b, node, true);
}

static void gradient_carry(struct carry *c, int node)
{
	carry(c, node, true);
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
