/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softmax: attention weights from scores.
 *
 * Forward     A[h,i,j] = exp(s[h,i,j]) / sum_j' exp(s[h,i,j']), over the keys a query sees:
 *             all, or in causal attention j <= i; the others get 0
 * Relevance   passes unchanged: R_s = R_A
 * Carry       the same: H = H_in
 * Keeps       everything
 * Source      Voita et al. 2019, (6)
 */
#include <math.h>
#include <string.h>

#include "base/die.h"
#include "op/op.h"

static void check(const struct model *m, int node)
{
	const struct node *n = &m->graph->node[node];

	if (!n->heads || m->graph->node[n->input[0]].heads != n->heads)
		die("graph: node '%s' needs the heads of its scores", n->name);
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
			softmax_row(s, y,
				n->causal ? keys - queries + row % queries + 1 : keys, keys);
	}
}

static void relevance(struct block *b, int node)
{
	block_pass(b, node, b->sentence->model->graph->node[node].input[0]);
}

static void carry_on(struct carry *c, int node)
{
	carry_pass(c, c->sentence->model->graph->node[node].input[0], node);
}

const struct op op_softmax = {
	.name = "softmax",
	.inputs = 1,
	.pairs = true,
	.check = check,
	.forward = forward,
	.relevance = relevance,
	.carry = carry_on,
};
