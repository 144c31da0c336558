/* SPDX-License-Identifier: Apache-2.0 */
#include "voita2021/voita.h"

#include <string.h>

#include "voita2021/attention.h"
#include "voita2021/dense.h"
#include "voita2021/stages.h"

static void visit(struct sweep *w, const struct block *b, int node)
{
	if (w->plan->site[node])
		w->visit(w, b, node);
}

static void add_to(const struct block *b, int node, double *sum)
{
	const struct layout *l = block_layout(b, node);
	long width = block_width(b, node);

	for (long row = 0; row < l->rows; row++)
		for (long i = 0; i < width; i++)
			sum[l->step[row]] += b->relevance[node][row * width + i];
}

/* Relevance of a node, which ends here. */
static void count(struct sweep *w, struct block *b, int node)
{
	add_to(b, node, w->counted);
	pool_give(b->pool, b->relevance[node]);
	b->relevance[node] = NULL;
}

/* Add the pool's buffer r to what has arrived at a node. */
static void deliver(struct block *b, int node, real *r)
{
	long size = block_layout(b, node)->rows * block_width(b, node);

	if (!b->relevance[node]) {
		b->relevance[node] = r;
		return;
	}
	for (long i = 0; i < size; i++)
		b->relevance[node][i] += r[i];
	pool_give(b->pool, r);
}

static void dense(struct block *b, int node, int to)
{
	deliver(b, to, voita_dense(b, &node, 1));
}

/* The sites among q, k and v; the ledger counts those that were visited as if they had gone on. */
static void visit_projections(struct sweep *w, struct block *b, const struct stage *st)
{
	size_t size = (size_t)b->steps * sizeof *w->counted;
	double *counted = arena_alloc(b->arena, size);

	memcpy(counted, w->counted, size);
	for (int i = st->scores; i >= 0; i--)
		if (i == st->q || i == st->k || i == st->v) {
			visit(w, b, i);
			add_to(b, i, w->counted);
		}
	memcpy(w->counted, counted, size);
}

static void attention(struct sweep *w, struct block *b, const struct stage *st)
{
	const int all[] = { st->q, st->k, st->v };

	dense(b, st->out, st->context);
	visit(w, b, st->context);
	voita_attention(b, st);
	visit_projections(w, b, st);
	if (st->kind == STAGE_SELF) {
		deliver(b, st->read, voita_dense(b, all, 3));
	} else {
		deliver(b, st->memory, voita_dense(b, all + 1, 2));
		dense(b, st->q, st->read);
	}
}

static void feed_forward(struct sweep *w, struct block *b, const struct stage *st)
{
	dense(b, st->out, st->act);
	visit(w, b, st->act);
	block_pass(b, st->act, st->inner);
	visit(w, b, st->inner);
	dense(b, st->inner, st->read);
}

/* From the top of a residual block to its bottom. */
static void residual(struct sweep *w, struct block *b, const struct stage *st)
{
	if (st->top != st->add) {
		dense(b, st->norm, st->add);
		visit(w, b, st->add);
	}
	voita_add(b, st->add);
	visit(w, b, st->out);
	if (st->kind == STAGE_FEED_FORWARD)
		feed_forward(w, b, st);
	else
		attention(w, b, st);
	if (st->before) {
		visit(w, b, st->norm);
		dense(b, st->norm, st->bottom);
	}
}

/* R times factor[step] */
static void multiply(struct block *b, int node, const double *factor)
{
	const struct layout *l = block_layout(b, node);
	long width = block_width(b, node);

	for (long row = 0; row < l->rows; row++)
		for (long i = 0; i < width; i++)
			b->relevance[node][row * width + i] *= (real)factor[l->step[row]];
}

static double *sum(struct block *b, int node)
{
	double *x = arena_zero(b->arena, (size_t)b->steps, sizeof *x);

	add_to(b, node, x);
	return x;
}

/* Decoder and encoder together get what entered the block; the encoder's is added to that of the
 * blocks above, which the ledger counts meanwhile. */
static void cross(struct sweep *w, struct block *b, const struct stage *st)
{
	size_t size = (size_t)b->steps * sizeof *w->counted;
	double *counted = arena_alloc(b->arena, size), *entered = sum(b, st->top);
	real *above = b->relevance[st->memory];

	memcpy(counted, w->counted, size);
	if (above)
		add_to(b, st->memory, w->counted);
	b->relevance[st->memory] = NULL;
	residual(w, b, st);
	double *own = sum(b, st->bottom), *other = sum(b, st->memory);
	for (long t = 0; t < b->steps; t++) {
		double all = own[t] + other[t];
		double f =
			b->sentence->rule->rescale == RESCALE_L1 && all > 0 ? entered[t] / all : 1;

		b->lost[LOST_EPS][t] -= (f - 1) * all;
		own[t] = f;
	}
	multiply(b, st->bottom, own);
	multiply(b, st->memory, own);
	if (above)
		deliver(b, st->memory, above);
	memcpy(w->counted, counted, size);
}

/* Down to the leaves, where a site is there; a site on the way is its top. */
static void embedding(struct sweep *w, struct block *b, const struct stage *st)
{
	const struct node *n = w->plan->network->graph->node;

	if (!st->asked || st->add < 0) {
		count(w, b, st->top);
		return;
	}
	if (st->norm >= 0) {
		dense(b, st->norm, st->add);
		visit(w, b, st->add);
	}
	int x = n[st->add].input[0], y = n[st->add].input[1];
	voita_add(b, st->add);
	for (int i = x > y ? x : y; i >= 0; i--)
		if (i == x || i == y) {
			visit(w, b, i);
			count(w, b, i);
		}
}

static void voita_sweep(struct sweep *w)
{
	const struct voita *plan = w->plan->voita;
	struct block b = backward_begin(w);

	voita_start(w->start, &b);
	for (int i = 0; i < plan->needed; i++) {
		const struct stage *st = &plan->stage[i];

		visit(w, &b, st->top);
		if (st->kind == STAGE_EMBEDDING)
			embedding(w, &b, st);
		else if (st->kind == STAGE_FINAL_NORM)
			block_pass(&b, st->top, st->bottom);
		else if (st->kind == STAGE_CROSS)
			cross(w, &b, st);
		else
			residual(w, &b, st);
	}
	for (int i = 0; i < w->plan->network->graph->nodes; i++)
		pool_give(b.pool, b.relevance[i]);
}

const struct route route_by_blocks = { false, voita_plan, voita_needs, voita_sentence,
	voita_sweep };
