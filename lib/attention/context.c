/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context: each head's mean of the values it attends to. These are the neurons whose relevance is
 * the head's: the site of every head measure.
 *
 * Forward     c[i,h,e] = sum_j A[h,i,j] v[j,h,e]; of a masked head 0, or the mean it is
 *                 given, whatever its inputs
 * Relevance   products z_j = A_ij v_je by (4), their sum by (3): with t_je the rule's share of z_j,
 *                 M_A[j,e] = t_je share(A_ij of A_ij, v_je),  M_v[j,e] = t_je share(v_je of both)
 *                 R_A[i,j] = sum_e R_c[i,e] M_A[j,e],         R_v[j,e] = sum_i R_c[i,e] M_v[j,e]
 *             (factors.h has how M is made)
 * Carry       H[i,e] = sum_j M_A[j,e] H_A[i,j] + M_v[j,e] H_v[j,e]
 *             attention=constant: M_v[j,e] = t_je, and nothing to A (averaged, in thumt2017:
 *             M_v[j,e] = A_ij)
 * Gradient    the same with M_A[j,e] = v[j,e], M_v[j,e] = A_ij
 * Keeps       sum R_A + sum R_v = sum R_c - shares of eps and zero denominators; of a masked
 *             head nothing goes on: its mean is a bias
 * Source      Voita et al. 2019, (3) and (4)
 */
#include "attention/factors.h"
#include "network/gemm.h"

static bool is_masked(const struct node *n, long h)
{
	return attention_of(n)->masked && attention_of(n)->masked[h];
}

/* The context of a masked head: the same at all positions. */
static void set_aside(const struct node *n, long h, long rows, real *c)
{
	long e = n->width / node_heads(n);

	for (long t = 0; t < rows; t++)
		for (long x = h * e; x < (h + 1) * e; x++)
			c[t * n->width + x] =
				attention_of(n)->mean ? (real)attention_of(n)->mean[x] : 0;
}

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	long width = n->width, e = width / node_heads(n);
	long stride = e * key_heads(attention_of(n));
	const real *a = value[n->input[0]];

	for (int i = 0; i < b->sentences; i++) {
		struct span qs = b->queries[n->side][i], ks = b->keys[node_keys(n)][i];
		const real *v = value[n->input[1]] + ks.start * stride;
		real *c = value[node] + qs.start * width;

		for (int h = 0; h < node_heads(n); h++, a += qs.rows * ks.rows)
			if (is_masked(n, h))
				set_aside(n, h, qs.rows, c);
			else
				gemm(qs.rows, e, ks.rows, a, ks.rows,
					v + key_head(attention_of(n), h) * e, stride, 0, c + h * e,
					width);
	}
}

static void back(struct block *b, int node, bool slopes)
{
	struct factors f = factors_begin(b->sentence, node, b->pool, 1, NULL, slopes);

	factors_back(b, &f);
	factors_end(&f);
}

static void carry(struct carry *c, int node, bool slopes)
{
	struct factors f = factors_begin(c->sentence, node, c->pool, 1, NULL, slopes);

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

/* Constant attention weights get nothing. */
static unsigned takes(const struct rule *r)
{
	return r->attention == CONSTANT ? INPUT_1 : INPUTS;
}

static unsigned reads(const struct rule *r)
{
	(void)r;
	return INPUTS;
}

static double cost(
	const struct graph *g, const struct node *n, const struct rule *r, const long rows[2])
{
	(void)g, (void)r;
	return 2.0 * (double)rows[node_keys(n)] * n->width;
}

const struct op op_context = {
	.kind = &kind_context,
	.takes = takes,
	.forward = forward,
	.relevance = { reads, cost, NULL, relevance_back, relevance_carry },
	.gradient = { reads, cost, NULL, gradient_back, gradient_carry },
};
