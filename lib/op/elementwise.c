/* SPDX-License-Identifier: Apache-2.0 */
#include "op/elementwise.h"

#include "tensor/vectorised.h"

/* r_in += share r, for the rows of a block; share NULL: 1. */
VECTORISED
static void share_out(struct block *b, int node, int k)
{
	const struct node *n = &b->sentence->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	const real *share = b->sentence->shares[node].coefficient[k], *r = b->relevance[node];
	const int *to = block_rows_in(b, node, n->input[k]);
	real *r_in = block_input(b, n->input[k]);

	for (long row = 0; row < l->rows; row++) {
		const real *s = share ? share + (long)l->position[row] * n->width : NULL;
		real *out = r_in + (to ? to[row] : row) * n->width;

		for (long i = 0; i < n->width; i++)
			out[i] += (s ? s[i] : 1) * r[row * n->width + i];
	}
}

void elementwise_back(struct block *b, int node)
{
	const struct network *net = b->sentence->network;

	for (int k = 0; k < net->graph->node[node].inputs; k++)
		if (op_takes(net->op[node], b->sentence->rule, k))
			share_out(b, node, k);
	block_lose(b, node);
}

/* out += share in; share NULL: 1. */
VECTORISED
static void add_share(const real *share, const real *in, real *out, long size)
{
	for (long i = 0; i < size; i++)
		out[i] += (share ? share[i] : 1) * in[i];
}

void elementwise_carry(struct carry *c, int node)
{
	const struct network *net = c->sentence->network;
	const struct node *n = &net->graph->node[node];

	carry_zero(c, node);
	for (int h = 0; h < c->heads; h++)
		for (int k = 0; k < n->inputs; k++) {
			const real *in = carry_slot(c, n->input[k], h);

			if (in && op_takes(net->op[node], c->sentence->rule, k))
				add_share(c->sentence->shares[node].coefficient[k], in,
					carry_slot(c, node, h), carry_size(c, node));
		}
}
