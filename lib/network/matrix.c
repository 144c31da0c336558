/* SPDX-License-Identifier: Apache-2.0 */
#include "network/matrix.h"

#include <stdlib.h>

#include "base/arena.h"
#include "network/gemm.h"
#include "network/part.h"
#include "network/slice.h"

/* Bytes of converted matrices that are kept for the life of a model, and numbers of a block of one that
 * is not: enough rows for fast products, few enough for the cache. */
enum { KEPT = 1 << 29, BLOCK = 1 << 20 };

long matrix_block(const struct graph *g)
{
	double bytes = 0;

	for (int i = 0; i < g->nodes; i++)
		if (node_is_dense(g, &g->node[i]))
			bytes += (double)g->node[i].width * g->node[g->node[i].input[0]].width *
				 (double)sizeof(real);
	return bytes <= KEPT ? 0 : BLOCK;
}

/* The matrix where it is kept or lies as it is needed; NULL: it is converted block by block. */
static const real *whole(struct network *net, int node, enum part part)
{
	const struct node *n = &net->graph->node[node];
	const real **kept = &net->weight[part][node];

	if (!net->block)
		return network_weight(net, node, part);
	if (part == PLAIN && !*kept)
		*kept = slice_in_place(
			net, node, &n->weight, n->width, net->graph->node[n->input[0]].width);
	return *kept;
}

/* Rows of a matrix that is not kept, one block after another. */
struct blocks {
	const struct network *net;
	int node;
	enum part part;
	long in, width, most, first, count;
	real *w; /* [count, in] */
};

static struct blocks begin(const struct network *net, int node, enum part part)
{
	const struct node *n = &net->graph->node[node];
	struct blocks b = { .net = net, .node = node, .part = part, .width = n->width };

	b.in = net->graph->node[n->input[0]].width;
	b.most = net->block > b.in ? net->block / b.in : 1;
	b.most = b.most < b.width ? b.most : b.width;
	b.w = must_alloc((size_t)(b.most * b.in), sizeof *b.w);
	return b;
}

static bool next(struct blocks *b)
{
	b->first += b->count;
	b->count = b->width - b->first < b->most ? b->width - b->first : b->most;
	if (!b->count) {
		free(b->w);
		return false;
	}
	slice_rows(b->net, b->node, &b->net->graph->node[b->node].weight, b->first, b->count,
		b->width, b->in, b->w);
	part_take(b->w, b->part, (size_t)(b->count * b->in), b->w);
	return true;
}

void matrix_forward(struct network *net, int node, enum part part, int threads, long rows,
	const real *x, real beta, real *y)
{
	const real *w = whole(net, node, part);
	long width = net->graph->node[node].width;
	long in = net->graph->node[net->graph->node[node].input[0]].width;

	if (w && threads)
		gemm_parts(threads, rows, width, in, x, w, beta, y);
	else if (w)
		gemm_transposed(rows, width, in, x, in, w, in, beta, y, width);
	if (w)
		return;
	for (struct blocks b = begin(net, node, part); next(&b);)
		gemm_transposed(rows, b.count, in, x, in, b.w, in, beta, y + b.first, width);
}

void matrix_back(
	struct network *net, int node, enum part part, long rows, const real *x, real beta, real *y)
{
	const real *w = whole(net, node, part);
	long width = net->graph->node[node].width;
	long in = net->graph->node[net->graph->node[node].input[0]].width;

	if (w) {
		gemm(rows, in, width, x, width, w, in, beta, y, in);
		return;
	}
	for (struct blocks b = begin(net, node, part); next(&b); beta = 1)
		gemm(rows, in, b.count, x + b.first, width, b.w, in, beta, y, in);
}

void matrix_ready(struct network *net, int node, enum part part)
{
	whole(net, node, part);
}
