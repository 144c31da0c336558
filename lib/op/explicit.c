/* SPDX-License-Identifier: Apache-2.0 */
#include "op/explicit.h"

#include <string.h>

#include "network/shares.h"
#include "network/gemm.h"

void explicit_row(const struct rule *rule, real *z, long in, double bias, double lost[LOSSES])
{
	double positive = 0, negative = 0;

	for (long i = 0; i < in; i++) {
		if (rule->bias == SPREAD)
			z[i] += (real)(bias / (double)in);
		positive += z[i] > 0 ? z[i] : 0;
		negative += z[i] < 0 ? z[i] : 0;
	}
	struct coefficients c = shares_of_sums(rule, rule->contribution, positive, negative, bias);
	for (long i = 0; i < in; i++)
		z[i] = (real)share_of(&c, z[i]);
	memcpy(lost, c.lost, sizeof c.lost);
}

/* w[o,i] of a position, and lost[o][LOSSES] */
static void share_matrix(const struct sentence *s, int node, long position, contributions *fill,
	real *w, double *lost)
{
	const struct node *n = &s->network->graph->node[node];
	long in = s->network->graph->node[n->input[0]].width;
	const real *bias = network_bias(s->network, node);

	fill(s, node, position, w);
	for (long o = 0; o < n->width; o++) {
		explicit_row(s->rule, w + o * in, in, bias ? bias[o] : 0, lost + o * LOSSES);
		shares_note_bias(s, node, lost + o * LOSSES);
	}
}

static void lose(struct block *b, int step, const real *r, long width, const double *lost)
{
	for (long o = 0; o < width; o++)
		for (int k = 0; k < LOSSES; k++)
			b->lost[k][step] += lost[o * LOSSES + k] * r[o];
}

void explicit_relevance(struct block *b, int node, contributions *fill)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	const int *to = block_rows_in(b, node, n->input[0]);
	long in = s->network->graph->node[n->input[0]].width, out = n->width;
	real *r_in = block_input(b, n->input[0]);
	real *w = pool_take(b->pool, (size_t)(out * in) * sizeof *w);
	double *lost = pool_take(b->pool, (size_t)(out * LOSSES) * sizeof *lost);

	for (long p = 0; p < s->rows[n->side]; p++) {
		if (l->first[p] == l->first[p + 1])
			continue;
		share_matrix(s, node, p, fill, w, lost);
		for (int at = l->first[p]; at < l->first[p + 1]; at++) {
			long row = l->of_position[at];
			const real *r = b->relevance[node] + row * out;

			gemm(1, in, out, r, out, w, in, 1, r_in + (to ? to[row] : row) * in, in);
			lose(b, l->step[row], r, out, lost);
		}
	}
	pool_give(b->pool, w);
	pool_give(b->pool, lost);
}

void explicit_carry(struct carry *c, int node, contributions *fill)
{
	const struct sentence *s = c->sentence;
	const struct node *n = &s->network->graph->node[node];
	long in = s->network->graph->node[n->input[0]].width, out = n->width;
	real *w = pool_take(c->pool, (size_t)(out * in) * sizeof *w);
	double *lost = pool_take(c->pool, (size_t)(out * LOSSES) * sizeof *lost);

	carry_begin(c, node);
	for (long p = 0; p < s->rows[n->side]; p++) {
		share_matrix(s, node, p, fill, w, lost);
		gemm_transposed(c->slots[node], out, in, c->at[n->input[0]] + p * in,
			carry_size(c, n->input[0]), w, in, 0, c->at[node] + p * out,
			carry_size(c, node));
	}
	pool_give(c->pool, w);
	pool_give(c->pool, lost);
}
