/* SPDX-License-Identifier: Apache-2.0 */
#include "network/matrix.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/parallel.h"
#include "network/gemm.h"
#include "network/kernel.h"
#include "network/narrow.h"
#include "network/panels.h"
#include "network/part.h"
#include "network/slice.h"

/*
 * Bytes of a model's matrices up to which they are kept, each as a part and a way that it is used: of
 * most rules once, of alphabeta and gamma two parts, of heads that meet at several nodes both ways.
 * Numbers of a block of one that is not kept: enough rows for fast products, few enough for the
 * cache; for products of few rows, for the cache of one processor. Numbers that are packed at a time.
 */
enum { KEPT = 1 << 29, BLOCK = 1 << 20, BLOCK_OF_FEW = 1 << 17, PACKED = 1 << 16 };

/* One thread makes a matrix ready, whoever needs it first; several threads several of them. */
enum { MAKERS = 16 };
static pthread_mutex_t making[MAKERS] = { [0 ... MAKERS - 1] = PTHREAD_MUTEX_INITIALIZER };

long matrix_block(const struct graph *g)
{
	double bytes = 0;

	for (int i = 0; i < g->nodes; i++)
		if (node_is_dense(g, &g->node[i]))
			bytes += (double)g->node[i].width * g->node[g->node[i].input[0]].width *
				 (double)sizeof(real);
	return bytes <= KEPT ? 0 : BLOCK;
}

void matrix_in_bf16(struct network *net)
{
	if (!kernel_has_bf16())
		die("-p bf16: this processor has no products of bf16 (avx512_bf16), or LIBXSMM is "
		    "not there; take f32");
	net->bf16 = true;
}

/* Is a part of matrices multiplied in bf16? The whole has both signs, and is what the model computes with. */
static bool in_bf16(const struct network *net, enum part part)
{
	return net->bf16 && part != PLAIN;
}

static long inputs_of(const struct network *net, int node)
{
	return net->graph->node[net->graph->node[node].input[0]].width;
}

/* Rows `first` to first + count - 1 of a part of a matrix, converted. */
static void read_rows(
	const struct network *net, int node, enum part part, long first, long count, real *w)
{
	long in = inputs_of(net, node);

	slice_rows(net, node, &net->graph->node[node].weight, first, count,
		net->graph->node[node].width, in, w);
	part_take(w, part, (size_t)(count * in), w);
}

/* Rows of a matrix that are converted at a time, for a while. */
static long rows_at_a_time(const struct network *net, int node, long numbers)
{
	long in = inputs_of(net, node), width = net->graph->node[node].width;
	long rows = numbers > in ? numbers / in : 1;

	return rows < width ? rows : width;
}

/* W' for products forward, W for those back, in panels; the checkpoint's own copy is not read any
 * more, so that it need not stay in memory. */
static struct panels *packed(const struct network *net, int node, enum part part, enum way way)
{
	long width = net->graph->node[node].width, in = inputs_of(net, node);

	network_lock();
	struct panels *p = way == FORWARD ? panels_new(in, width, in_bf16(net, part), net->arena)
					  : panels_new(width, in, in_bf16(net, part), net->arena);
	network_unlock();
	if (!p)
		return NULL;
	bool at_once = slice_is_turned(net, node, &net->graph->node[node].weight, in);

	long most = at_once ? width : rows_at_a_time(net, node, PACKED);
	real *w = must_alloc_aligned((size_t)(most * in) * sizeof *w);
	for (long first = 0; first < width; first += most) {
		long count = width - first < most ? width - first : most;

		read_rows(net, node, part, first, count, w);
		if (way == FORWARD)
			panels_set_columns(p, first, count, w);
		else
			panels_set_rows(p, first, count, w);
	}
	free(w);
	slice_spare(net, node, &net->graph->node[node].weight, width, in);
	return p;
}

/* For one product with some rows of a matrix that is not kept. */
static struct panels *bf16_panels(long inputs, long outputs, struct arena *a)
{
	struct panels *p = panels_new(inputs, outputs, true, a);

	if (!p)
		die("out of memory: LIBXSMM makes no code for products of %ld x %ld numbers",
			inputs, outputs);
	return p;
}

/* A matrix in panels; NULL: it is not kept, or there are no kernels. */
static const struct panels *panels_of(struct network *net, int node, enum part part, enum way way)
{
	struct panels **kept = &net->panels[part][way][node];
	struct panels *p = __atomic_load_n(kept, __ATOMIC_ACQUIRE);

	if (p || net->block)
		return p;
	pthread_mutex_lock(&making[node % MAKERS]);
	p = *kept ? *kept : packed(net, node, part, way);
	__atomic_store_n(kept, p, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&making[node % MAKERS]);
	return p;
}

/* The matrix as it is where it is kept or mapped; NULL: it is converted block by block. */
static const real *whole(struct network *net, int node, enum part part)
{
	const struct node *n = &net->graph->node[node];
	const real **kept = &net->weight[PLAIN][node];

	if (!net->block)
		return network_weight(net, node, part);
	if (part != PLAIN)
		return NULL;
	const real *w = __atomic_load_n(kept, __ATOMIC_ACQUIRE);

	if (w)
		return w;
	w = slice_in_place(net, node, &n->weight, n->width, inputs_of(net, node));
	__atomic_store_n(kept, w, __ATOMIC_RELEASE);
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

/* A product with a matrix that is not kept: a block of its rows after another. */
struct by_blocks {
	const struct network *net;
	int node;
	enum part part;
	long most, rows;
	const real *x;
	int beta;
	real *y;
};

/* For few rows W is taken as it is stored; false: it cannot be. */
static bool multiply_stored(const struct by_blocks *c, long first, long count, bool *finite)
{
	const struct node *n = &c->net->graph->node[c->node];
	long in = inputs_of(c->net, c->node);
	struct tensor stored;

	if (c->rows > FEW_ROWS || c->part != PLAIN ||
		!slice_stored(c->net, c->node, &n->weight, first, count, n->width, in, &stored) ||
		!narrow_takes(stored.type))
		return false;
	*finite =
		narrow_multiply(&stored, count, in, c->rows, c->x, c->beta, c->y + first, n->width);
	return true;
}

/* A block of rows has columns of Y of its own. */
static void forward_block(void *context, int block, int thread)
{
	const struct by_blocks *c = context;
	long width = c->net->graph->node[c->node].width, in = inputs_of(c->net, c->node);
	long first = block * c->most, count = width - first < c->most ? width - first : c->most;
	bool finite = true, done = multiply_stored(c, first, count, &finite);

	(void)thread;
	if (done && finite)
		return;
	real *w = must_alloc_aligned((size_t)(count * in) * sizeof *w);

	read_rows(c->net, c->node, c->part, first, count, w); /* dies where W is not finite */
	if (!done && in_bf16(c->net, c->part)) {
		struct arena a = { 0 };
		struct panels *p = bf16_panels(in, count, &a);

		panels_set_columns(p, 0, count, w);
		panels_multiply(p, 1, c->rows, c->x, in, c->beta, c->y + first, width);
		arena_free(&a);
	} else if (!done)
		gemm_transposed(
			c->rows, count, in, c->x, in, w, in, (real)c->beta, c->y + first, width);
	free(w);
}

void matrix_forward(struct network *net, int node, enum part part, int threads, long rows,
	const real *x, int beta, real *y)
{
	const struct panels *p = panels_of(net, node, part, FORWARD);
	const real *w = p ? NULL : whole(net, node, part);
	long width = net->graph->node[node].width, in = inputs_of(net, node);

	if (p)
		panels_multiply(p, threads, rows, x, in, beta, y, width);
	else if (w)
		gemm_parts(threads, rows, width, in, x, w, (real)beta, y);
	if (p || w)
		return;
	long most = rows_at_a_time(net, node, rows <= FEW_ROWS ? BLOCK_OF_FEW : net->block);
	struct by_blocks c = { net, node, part, most, rows, x, beta, y };

	parallel(threads, (int)((width + most - 1) / most), forward_block, &c);
}

void matrix_back(
	struct network *net, int node, enum part part, long rows, const real *x, int beta, real *y)
{
	const struct panels *p = panels_of(net, node, part, BACK);
	const real *w = p ? NULL : whole(net, node, part);
	long width = net->graph->node[node].width, in = inputs_of(net, node);

	if (p)
		panels_multiply(p, 1, rows, x, width, beta, y, in);
	else if (w)
		gemm(rows, in, width, x, width, w, in, (real)beta, y, in);
	if (p || w)
		return;
	long most = rows_at_a_time(net, node, net->block);
	real *some = must_alloc_aligned((size_t)(most * in) * sizeof *some);

	for (long first = 0; first < width; first += most, beta = 1) {
		long count = width - first < most ? width - first : most;

		read_rows(net, node, part, first, count, some);
		if (in_bf16(net, part)) {
			struct arena a = { 0 };
			struct panels *packed = bf16_panels(count, in, &a);

			panels_set_rows(packed, 0, count, some);
			panels_multiply(packed, 1, rows, x + first, width, beta, y, in);
			arena_free(&a);
		} else
			gemm(rows, in, count, x + first, width, some, in, (real)beta, y, in);
	}
	free(some);
}
