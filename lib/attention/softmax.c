/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softmax: attention weights from scores.
 *
 * Forward     A[h,i,j] = exp(s[h,i,j]) / sum_j' exp(s[h,i,j']), over the keys a query sees
 *             (keys_seen()); the others get 0
 * Relevance   passes unchanged: R_s = R_A; with softmax=taylor
 *                 R_s[j] = s_j (R_A[j] - A_j sum_j' R_A[j'])
 * Carry       the same: H = H_in; with softmax=taylor
 *                 H[j] = s_j H_in[j] - sum_j' s_j' A_j' H_in[j']
 * Gradient    dv/ds_j = A_j (dv/dA_j - sum_j' A_j' dv/dA_j'); carried the same
 * Keeps       everything, or with softmax=taylor what the ledger does not have under softmax
 * Source      Voita et al. 2019, (6); Achtibat et al. 2024, proposition 3.1
 */
#include <string.h>
#include <tgmath.h>

#include "base/die.h"
#include "network/op.h"
#include "tensor/vectorised.h"

/* y = softmax of the scores `from` to `seen` - 1 of `keys` */
VECTORISED
static void softmax_row(const real *s, real *y, long from, long seen, long keys)
{
	real top = s[from], sum = 0;

	memset(y, 0, (size_t)from * sizeof *y);
	for (long j = from + 1; j < seen; j++)
		top = s[j] > top ? s[j] : top;
#pragma omp simd reduction(+ : sum)
	for (long j = from; j < seen; j++)
		sum += y[j] = exp(s[j] - top);
	for (long j = from; j < seen; j++)
		y[j] /= sum;
	memset(y + seen, 0, (size_t)(keys - seen) * sizeof *y);
}

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	const real *s = value[n->input[0]];
	real *y = value[node];

	for (int k = 0; k < b->sentences; k++) {
		long queries = b->queries[n->side][k].rows, keys = b->keys[node_keys(n)][k].rows;

		for (long row = 0; row < node_heads(n) * queries; row++, s += keys, y += keys) {
			long query = keys - queries + row % queries;

			softmax_row(s, y, keys_from(attention_of(n), query),
				keys_seen(attention_of(n), query, keys), keys);
		}
	}
}

/*
 * One row: g = s (r - sum_j s_j r_j) for the gradient and its carry; by Taylor's expansion backward
 * x (r - s sum_j r_j), forward x r - sum_j x_j s_j r_j.
 */
static void gradient_row(const real *s, real *r, long keys)
{
	double sum = 0;

	for (long j = 0; j < keys; j++)
		sum += (double)s[j] * r[j];
	for (long j = 0; j < keys; j++)
		r[j] = (real)(s[j] * (r[j] - sum));
}

static double taylor_row(const real *s, const real *x, real *r, long keys)
{
	double sum = 0, left = 0;

	for (long j = 0; j < keys; j++)
		sum += r[j];
	for (long j = 0; j < keys; j++) {
		r[j] = s[j] > 0 ? (real)(x[j] * (r[j] - s[j] * sum)) : 0;
		left += r[j];
	}
	return sum - left;
}

static void taylor_carry_row(const real *s, const real *x, real *h, long keys)
{
	double sum = 0;

	for (long j = 0; j < keys; j++)
		sum += (double)x[j] * s[j] * h[j];
	for (long j = 0; j < keys; j++)
		h[j] = s[j] > 0 ? (real)(x[j] * h[j] - sum) : 0;
}

static void relevance_back(struct block *b, int node)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	long keys = s->rows[node_keys(n)], queries = s->rows[n->side], heads = node_heads(n);

	for (long row = 0; s->rule->softmax == TAYLOR && row < l->rows; row++)
		for (long h = 0; h < heads; h++) {
			long at = (h * queries + l->position[row]) * keys;

			b->lost[LOST_SOFTMAX][l->step[row]] +=
				taylor_row(s->value[node] + at, s->value[n->input[0]] + at,
					b->relevance[node] + (row * heads + h) * keys, keys);
		}
	block_pass(b, node, n->input[0]);
}

static void relevance_carry(struct carry *c, int node)
{
	const struct sentence *s = c->sentence;
	const struct node *n = &s->network->graph->node[node];
	long keys = s->rows[node_keys(n)], queries = s->rows[n->side], heads = node_heads(n);

	carry_pass(c, n->input[0], node);
	for (long row = 0; s->rule->softmax == TAYLOR && row < c->slots[node] * queries; row++)
		for (long h = 0; h < heads; h++) {
			long at = (h * queries + row % queries) * keys;

			taylor_carry_row(s->value[node] + at, s->value[n->input[0]] + at,
				c->at[node] + (row * heads + h) * keys, keys);
		}
}

static unsigned relevance_reads(const struct rule *r)
{
	return r->softmax == TAYLOR ? INPUT_0 | OUTPUT : 0;
}

static void gradient_back(struct block *b, int node)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	long keys = s->rows[node_keys(n)], queries = s->rows[n->side], heads = node_heads(n);

	for (long row = 0; row < l->rows; row++)
		for (long h = 0; h < heads; h++)
			gradient_row(s->value[node] + (h * queries + l->position[row]) * keys,
				b->relevance[node] + (row * heads + h) * keys, keys);
	block_pass(b, node, n->input[0]);
}

static void gradient_carry(struct carry *c, int node)
{
	const struct sentence *s = c->sentence;
	const struct node *n = &s->network->graph->node[node];
	long keys = s->rows[node_keys(n)], queries = s->rows[n->side], heads = node_heads(n);

	carry_pass(c, n->input[0], node);
	for (long row = 0; row < c->slots[node] * queries; row++)
		for (long h = 0; h < heads; h++)
			gradient_row(s->value[node] + (h * queries + row % queries) * keys,
				c->at[node] + (row * heads + h) * keys, keys);
}

static unsigned gradient_reads(const struct rule *r)
{
	(void)r;
	return OUTPUT;
}

const struct op op_softmax = {
	.kind = &kind_softmax,
	.forward = forward,
	.relevance = { relevance_reads, NULL, NULL, relevance_back, relevance_carry },
	.gradient = { gradient_reads, NULL, NULL, gradient_back, gradient_carry },
};
