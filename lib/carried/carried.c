/* SPDX-License-Identifier: Apache-2.0 */
#include "carried/carried.h"

#include <string.h>

#include "base/progress.h"
#include "network/gemm.h"

/* A block of heads has about this many rows, and enough heads to share the work on attention. */
enum { CARRY_ROWS = 128, CARRY_HEADS = 4 };

static void make_blocks(struct carried *c, long rows, struct arena *a)
{
	long heads = CARRY_ROWS / rows;

	heads = heads < CARRY_HEADS ? CARRY_HEADS : heads;
	c->blocks = (int)((c->heads + heads - 1) / heads);
	c->block = arena_array(a, (size_t)c->blocks + 1, sizeof *c->block);
	for (int b = 0; b <= c->blocks; b++)
		c->block[b] = (int)(b * (long)c->heads / c->blocks);
}

struct carried *carried_new(
	const struct meeting *m, const struct sentence *s, const bool *site, struct arena *a)
{
	const struct graph *g = s->network->graph;
	struct carried *c = arena_zero(a, 1, sizeof *c);

	c->meeting = m;
	c->sentence = s;
	for (int i = 0; i < m->node; i++)
		c->heads += site[i] ? node_heads(&g->node[i]) : 0;
	c->site = arena_array(a, (size_t)c->heads, sizeof *c->site);
	c->number = arena_array(a, (size_t)c->heads, sizeof *c->number);
	for (int i = 0, h = 0; i < m->node; i++)
		for (int k = 0; site[i] && k < node_heads(&g->node[i]); k++, h++) {
			c->site[h] = i;
			c->number[h] = k;
		}
	if (c->heads) {
		const struct node *n = &g->node[m->node];

		make_blocks(c, s->rows[n->side], a);
		c->at = arena_array(
			a, (size_t)(c->heads * s->rows[n->side] * n->width), sizeof *c->at);
	}
	return c;
}

/* Which heads reach which nodes. */
static void set_slots(struct carry *c, const struct carried *all, int first, struct arena *a)
{
	const struct graph *g = c->sentence->network->graph;

	c->slot = arena_array(a, (size_t)g->nodes, sizeof *c->slot);
	c->slots = arena_zero(a, (size_t)g->nodes, sizeof *c->slots);
	for (int i = 0; i <= all->meeting->node; i++) {
		c->slot[i] = arena_array(a, (size_t)c->heads, sizeof *c->slot[i]);
		for (int h = 0; h < c->heads; h++) {
			bool here = all->site[first + h] == i;

			for (int k = 0; k < g->node[i].inputs; k++)
				here |= c->slot[g->node[i].input[k]][h] >= 0 &&
					backward_takes(&all->meeting->backward, i, k);
			c->slot[i][h] = here && all->meeting->reached[i] ? c->slots[i]++ : -1;
		}
	}
}

static const int *last_uses(const struct graph *g, int meeting, struct arena *a)
{
	int *last = arena_zero(a, (size_t)g->nodes, sizeof *last);

	for (int i = 0; i <= meeting; i++)
		for (int k = 0; k < g->node[i].inputs; k++)
			last[g->node[i].input[k]] = i;
	return last;
}

/*
 * 1 on the neurons of the block's heads that are at this node, 0 beside them; for the gradient,
 * which is carried as a derivative, their values.
 */
static void set_heads(struct carry *c, const struct carried *all, int first, int node)
{
	const struct node *n = &c->sentence->network->graph->node[node];
	long rows = c->sentence->rows[n->side], e = node_heads(n) ? n->width / node_heads(n) : 0;
	const real *u =
		c->sentence->rule->contribution == GRADIENT ? c->sentence->value[node] : NULL;

	for (int h = 0; h < c->heads; h++) {
		if (all->site[first + h] != node)
			continue;
		real *x = carry_slot(c, node, h) + all->number[first + h] * e;

		memset(carry_slot(c, node, h), 0, (size_t)(rows * n->width) * sizeof *x);
		for (long row = 0; row < rows; row++)
			for (long i = 0; i < e; i++)
				x[row * n->width + i] =
					u ? u[row * n->width + all->number[first + h] * e + i] : 1;
	}
}

static void give_back(struct carry *c, int node)
{
	const struct node *n = &c->sentence->network->graph->node[node];

	for (int k = 0; k < n->inputs; k++)
		if (c->last_use[n->input[k]] == node && c->at[n->input[k]]) {
			pool_give(c->pool, c->at[n->input[k]]);
			c->at[n->input[k]] = NULL;
		}
}

void carried_run(struct carried *all, int block, struct worker *w)
{
	const struct network *net = all->sentence->network;
	int meeting = all->meeting->node, first = all->block[block];
	struct carry c = {
		.sentence = all->sentence, .heads = all->block[block + 1] - first, .pool = w->pool
	};

	arena_reset(&w->arena);
	set_slots(&c, all, first, &w->arena);
	c.last_use = last_uses(net->graph, meeting, &w->arena);
	c.at = arena_zero(&w->arena, (size_t)net->graph->nodes, sizeof *c.at);
	for (int i = 0; i <= meeting; i++) {
		bool arrives = false;

		progress_at(net->progress, "heads carried", net->graph->node[i].name);

		for (int k = 0; k < net->graph->node[i].inputs; k++)
			arrives |= c.at[net->graph->node[i].input[k]] &&
				   backward_takes(&all->meeting->backward, i, k);
		if (arrives && c.slots[i])
			op_direction(net->op[i], all->sentence->rule)->carry(&c, i);
		else if (c.slots[i])
			carry_begin(&c, i);
		set_heads(&c, all, first, i);
		give_back(&c, i);
	}
	long size = carry_size(&c, meeting);
	for (int h = 0; h < c.heads; h++) {
		real *out = all->at + (first + h) * size;

		if (carry_slot(&c, meeting, h))
			memcpy(out, carry_slot(&c, meeting, h), (size_t)size * sizeof *out);
		else
			memset(out, 0, (size_t)size * sizeof *out);
	}
	pool_give(c.pool, c.at[meeting]);
}

void carried_meet(const struct carried *c, const struct block *b, double *out)
{
	int node = c->meeting->node;
	const struct node *n = &c->sentence->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	long size = c->sentence->rows[n->side] * n->width;
	real *product = pool_take(b->pool, (size_t)c->heads * sizeof *product);

	for (long step = 0; step < b->steps; step++) {
		long first = l->position[l->start[step]];
		long width = (l->start[step + 1] - l->start[step]) * n->width;
		const real *r = b->relevance[node] + l->start[step] * n->width;

		gemm_transposed(1, c->heads, width, r, width, c->at + first * n->width, size, 0,
			product, c->heads);
		for (int h = 0; h < c->heads; h++)
			out[step * c->heads + h] = product[h];
	}
	pool_give(b->pool, product);
}
