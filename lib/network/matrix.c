/* SPDX-License-Identifier: Apache-2.0 */
#include "network/matrix.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "network/gemm.h"
#include "network/panels.h"
#include "network/part.h"
#include "network/slice.h"

/* Bytes of a model's matrices up to which they are kept, each as a part and a way that it is used: of
 * most rules once, of alphabeta and gamma two parts, of heads that meet at several nodes both ways. Numbers of a block of one that is not:
 * enough rows for fast products, few enough for the cache; and numbers that are packed at a time. */
enum { KEPT = 1 << 29, BLOCK = 1 << 20, PACKED = 1 << 16 };

/* One thread makes a matrix ready, whoever needs it first. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

long matrix_block(const struct graph *g)
{
	double bytes = 0;

	for (int i = 0; i < g->nodes; i++)
		if (node_is_dense(g, &g->node[i]))
			bytes += (double)g->node[i].width * g->node[g->node[i].input[0]].width *
				 (double)sizeof(real);
	return bytes <= KEPT ? 0 : BLOCK;
}

static long inputs_of(const struct network *net, int node)
{
	return net->graph->node[net->graph->node[node].input[0]].width;
}

/* Rows of a matrix, one block after another, each converted for a while. */
struct blocks {
	const struct network *net;
	int node;
	enum part part;
	long in, width, most, first, count;
	real *w; /* [count, in] */
};

static struct blocks begin(const struct network *net, int node, enum part part, long numbers)
{
	struct blocks b = { .net = net, .node = node, .part = part };

	b.width = net->graph->node[node].width;
	b.in = inputs_of(net, node);
	b.most = numbers > b.in ? numbers / b.in : 1;
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

/* W' for products forward, W for those back, in panels; the checkpoint's own copy is not read any
 * more, so that it need not stay in memory. */
static struct panels *packed(const struct network *net, int node, enum part part, enum way way)
{
	long width = net->graph->node[node].width, in = inputs_of(net, node);
	struct panels *p = way == FORWARD ? panels_new(in, width, net->arena)
					  : panels_new(width, in, net->arena);

	if (!p)
		return NULL;
	bool at_once = slice_is_turned(net, node, &net->graph->node[node].weight, in);

	for (struct blocks b = begin(net, node, part, at_once ? in * width : PACKED); next(&b);)
		if (way == FORWARD)
			panels_set_columns(p, b.first, b.count, b.w);
		else
			panels_set_rows(p, b.first, b.count, b.w);
	slice_spare(net, node, &net->graph->node[node].weight, width, in);
	return p;
}

/* A matrix in panels; NULL: it is not kept, or there are no kernels. */
static const struct panels *panels_of(struct network *net, int node, enum part part, enum way way)
{
	struct panels **kept = &net->panels[part][way][node];
	struct panels *p = __atomic_load_n(kept, __ATOMIC_ACQUIRE);

	if (p || net->block)
		return p;
	pthread_mutex_lock(&making);
	p = *kept ? *kept : packed(net, node, part, way);
	__atomic_store_n(kept, p, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&making);
	return p;
}

/* The matrix as it is where it is kept or mapped; NULL: it is converted block by block. */
static const real *whole(struct network *net, int node, enum part part)
{
	const struct node *n = &net->graph->node[node];
	const real **kept = &net->weight[part][node], *w;

	pthread_mutex_lock(&making);
	if (!net->block)
		w = network_weight(net, node, part);
	else if (part == PLAIN && !*kept)
		w = *kept = slice_in_place(net, node, &n->weight, n->width, inputs_of(net, node));
	else
		w = *kept;
	pthread_mutex_unlock(&making);
	return w;
}

void matrix_sums(struct network *net, int node, enum part part, enum way way, long rows,
	const real *x, int beta, real *y)
{
	const struct panels *p = way == BACK ? panels_of(net, node, part, BACK) : NULL;

	if (p)
		panels_multiply_across(p, rows, x, beta, y);
	else
		matrix_forward(net, node, part, 1, rows, x, beta, y);
}

void matrix_rows(struct network *net, int node)
{
	whole(net, node, PLAIN);
}

bool matrix_is_unread(const struct network *net, int node)
{
	return !net->block && !net->weight[PLAIN][node] && !net->panels[PLAIN][FORWARD][node];
}

void matrix_forward(struct network *net, int node, enum part part, int threads, long rows,
	const real *x, int beta, real *y)
{
	const struct panels *p = panels_of(net, node, part, FORWARD);
	const real *w = p ? NULL : whole(net, node, part);
	long width = net->graph->node[node].width, in = inputs_of(net, node);

	if (p)
		panels_multiply(p, threads, rows, x, beta, y);
	else if (w)
		gemm_parts(threads, rows, width, in, x, w, (real)beta, y);
	if (p || w)
		return;
	for (struct blocks b = begin(net, node, part, net->block); next(&b);)
		gemm_transposed(rows, b.count, in, x, in, b.w, in, (real)beta, y + b.first, width);
}

void matrix_back(
	struct network *net, int node, enum part part, long rows, const real *x, int beta, real *y)
{
	const struct panels *p = panels_of(net, node, part, BACK);
	const real *w = p ? NULL : whole(net, node, part);
	long width = net->graph->node[node].width, in = inputs_of(net, node);

	if (p)
		panels_multiply(p, 1, rows, x, beta, y);
	else if (w)
		gemm(rows, in, width, x, width, w, in, (real)beta, y, in);
	if (p || w)
		return;
	for (struct blocks b = begin(net, node, part, net->block); next(&b); beta = 1)
		gemm(rows, in, b.count, x + b.first, width, b.w, in, (real)beta, y, in);
}
