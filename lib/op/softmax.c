/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softmax: attention weights from scores.
 *
 * Forward     A[h,i,j] = exp(s[h,i,j]) / sum_j' exp(s[h,i,j']), over the keys a query sees:
 *             all, or in causal attention j <= i; the others get 0
 * Relevance   passes unchanged: R_s = R_A; with softmax=taylor
 *                 R_s[j] = s_j (R_A[j] - A_j sum_j' R_A[j'])
 * Carry       the same: H = H_in; with softmax=taylor H[j] = s_j H_in[j] - sum_j' s_j' A_j'
 * H_in[j'] Gradient    dv/ds_j = A_j (dv/dA_j - sum_j' A_j' dv/dA_j'); carried the same Keeps
 * everything, or with softmax=taylor what the ledger does not have under softmax Source      Voita
 * et al. 2019, (6); Achtibat et al. 2024, proposition 3.1
 */
#include <math.h>
#include <string.h>

#include "base/die.h"
#include "op/op.h"

static bool softmax_is_special(const struct rule *r)
{
	return r->contribution == GRADIENT || r->softmax == TAYLOR;
}

static void check(const struct model *m, int node)
{
	const struct node *n = &m->graph->node[node];

	const struct node *s = &m->graph->node[n->input[0]];

	if (!n->heads || s->heads != n->heads || s->keys != n->keys || s->causal != n->causal)
		die("graph: node '%s' does not fit its scores", n->name);
}

/* y = softmax of the first `seen` of `keys` scores */
static void softmax_row(const real *s, real *y, long seen, long keys)
{
	real top = s[0], sum = 0;

	for (long j = 1; j < seen; j++)
		top = s[j] > top ? s[j] : top;
	for (long j = 0; j < seen; j++)
		sum += y[j] = (real)exp(s[j] - top);
	for (long j = 0; j < seen; j++)
		y[j] /= sum;
	memset(y + seen, 0, (size_t)(keys - seen) * sizeof *y);
}

static void forward(struct model *m, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &m->graph->node[node];
	const real *s = value[n->input[0]];
	real *y = value[node];

	for (int k = 0; k < b->sentences; k++) {
		long queries = b->queries[n->side][k].rows, keys = b->keys[n->keys][k].rows;

		for (long row = 0; row < n->heads * queries; row++, s += keys, y += keys)
			softmax_row(
				s, y, n->causal ? keys - queries + row % queries + 1 : keys, keys);
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

static void relevance(struct block *b, int node)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->model->graph->node[node];
	const struct layout *l = block_layout(b, node);
	long keys = s->rows[n->keys], queries = s->rows[n->side];

	for (long row = 0; softmax_is_special(s->rule) && row < l->rows; row++)
		for (long h = 0; h < n->heads; h++) {
			long at = (h * queries + l->position[row]) * keys;
			real *r = b->relevance[node] + (row * n->heads + h) * keys;

			if (s->rule->contribution == GRADIENT)
				gradient_row(s->value[node] + at, r, keys);
			else
				b->lost[LOST_SOFTMAX][l->step[row]] += taylor_row(
					s->value[node] + at, s->value[n->input[0]] + at, r, keys);
		}
	block_pass(b, node, n->input[0]);
}

static void carry_on(struct carry *c, int node)
{
	const struct sentence *s = c->sentence;
	const struct node *n = &s->model->graph->node[node];
	long keys = s->rows[n->keys], queries = s->rows[n->side];

	carry_pass(c, n->input[0], node);
	for (long row = 0; softmax_is_special(s->rule) && row < c->slots[node] * queries; row++)
		for (long h = 0; h < n->heads; h++) {
			long at = (h * queries + row % queries) * keys;
			real *x = c->at[node] + (row * n->heads + h) * keys;

			if (s->rule->contribution == GRADIENT)
				gradient_row(s->value[node] + at, x, keys);
			else
				taylor_carry_row(
					s->value[node] + at, s->value[n->input[0]] + at, x, keys);
		}
}

const struct op op_softmax = {
	.name = "softmax",
	.inputs = 1,
	.pairs = true,
	.uses_output = true,
	.gradient_uses_inputs = true,
	.check = check,
	.forward = forward,
	.relevance = relevance,
	.carry = carry_on,
};
