/* SPDX-License-Identifier: Apache-2.0 */
#include "backward/frontier.h"

#include <string.h>

#include "base/die.h"

static void *copy(struct arena *a, const void *x, size_t size)
{
	return memcpy(arena_alloc(a, size), x, size);
}

struct frontier *frontier_note(const struct sweep *w, const struct block *b)
{
	const struct graph *g = w->plan->network->graph;
	struct arena *a = &w->worker->arena;
	size_t nodes = (size_t)g->nodes, steps = (size_t)b->steps * sizeof(double);
	struct frontier *f = arena_zero(a, 1, sizeof *f);
	double *lost = arena_alloc(a, LOSSES * steps);

	f->first = b->first;
	f->steps = b->steps;
	f->start = copy(a, w->start->total + b->first, steps);
	f->counted = copy(a, w->counted, steps);
	for (int k = 0; k < LOSSES; k++)
		memcpy(lost + k * b->steps, b->lost[k], steps);
	f->lost = lost;
	f->relevance = arena_zero(a, nodes, sizeof *f->relevance);
	f->rows = arena_zero(a, nodes, sizeof *f->rows);
	f->width = arena_zero(a, nodes, sizeof *f->width);
	for (int i = 0; i < g->nodes; i++) {
		if (!b->relevance[i])
			continue;
		f->rows[i] = block_layout(b, i)->rows;
		f->width[i] = block_width(b, i);
		f->relevance[i] =
			copy(a, b->relevance[i], (size_t)(f->rows[i] * f->width[i]) * sizeof(real));
	}
	return f;
}

struct frontier *frontier_copy(const struct frontier *f, const struct graph *g, struct arena *a)
{
	size_t nodes = (size_t)g->nodes, steps = (size_t)f->steps * sizeof(double);
	struct frontier *y = copy(a, f, sizeof *f);

	y->start = copy(a, f->start, steps);
	y->counted = copy(a, f->counted, steps);
	y->lost = copy(a, f->lost, LOSSES * steps);
	y->rows = copy(a, f->rows, nodes * sizeof *f->rows);
	y->width = copy(a, f->width, nodes * sizeof *f->width);
	y->relevance = copy(a, f->relevance, nodes * sizeof *f->relevance);
	for (int i = 0; i < g->nodes; i++)
		if (f->relevance[i])
			y->relevance[i] = copy(a, f->relevance[i],
				(size_t)(f->rows[i] * f->width[i]) * sizeof(real));
	y->next = NULL;
	return y;
}

static void write_block(struct draft *d, const struct graph *g, const struct frontier *f)
{
	int count = 0;

	for (int i = 0; i < g->nodes; i++)
		count += f->relevance[i] != NULL;
	draft_map(d, NULL, 6);
	draft_int(d, "first", f->first);
	draft_int(d, "steps", f->steps);
	draft_doubles(d, "start", f->start, 1, f->steps);
	draft_doubles(d, "counted", f->counted, 1, f->steps);
	draft_doubles(d, "lost", f->lost, 2, (long)LOSSES, f->steps);
	draft_map(d, "relevance", count);
	for (int i = 0; i < g->nodes; i++) {
		struct tensor t = { .type = REAL_TYPE,
			.dimensions = 2,
			.shape = { f->rows[i], f->width[i] },
			.count = (size_t)(f->rows[i] * f->width[i]),
			.data = f->relevance[i] };

		if (t.data)
			draft_tensor(d, g->node[i].name, &t);
	}
}

void frontier_write(struct draft *d, const struct graph *g, const struct frontier *f)
{
	int blocks = 0;

	for (const struct frontier *b = f; b; b = b->next)
		blocks++;
	draft_list(d, "frontier", blocks);
	for (; f; f = f->next)
		write_block(d, g, f);
}

static const double *read_steps(
	const msgpack_object *map, const char *key, long rows, long steps, struct arena *a)
{
	struct tensor t = map_tensor(map, "frontier", key);

	if (t.count != (size_t)(rows * steps))
		die("frontier: '%s' has %zu values for %ld steps", key, t.count, steps);
	return tensor_doubles(&t, a, key);
}

static void read_relevance(
	struct frontier *f, const struct graph *g, const msgpack_object *map, struct arena *a)
{
	const msgpack_object *relevance = map_find(map, "relevance");

	if (!relevance || relevance->type != MSGPACK_OBJECT_MAP)
		die("frontier: a block needs 'relevance', a map of nodes");
	for (uint32_t k = 0; k < relevance->via.map.size; k++) {
		const msgpack_object_kv *kv = &relevance->via.map.ptr[k];
		const char *name = object_text(&kv->key, "frontier: a node", a);
		int i = graph_find(g, name);
		struct tensor t;

		if (i < 0)
			die("frontier: the graph has no node '%s'", name);
		if (!object_tensor(&kv->val, &t))
			die("frontier: relevance at '%s' is not a tensor we know", name);
		tensor_expect(&t, name, 2, -1L, -1L);
		f->rows[i] = t.shape[0];
		f->width[i] = t.shape[1];
		f->relevance[i] = tensor_reals(&t, a, name);
	}
}

static struct frontier *read_block(
	const struct graph *g, const msgpack_object *map, struct arena *a)
{
	struct frontier *f = arena_zero(a, 1, sizeof *f);

	f->first = map_int(map, "frontier", "first");
	f->steps = map_int(map, "frontier", "steps");
	if (f->first < 0 || f->steps < 1 || f->steps > INT32_MAX || f->first > INT32_MAX)
		die("frontier: steps %ld from %ld", f->steps, f->first);
	f->start = read_steps(map, "start", 1, f->steps, a);
	f->counted = read_steps(map, "counted", 1, f->steps, a);
	f->lost = read_steps(map, "lost", LOSSES, f->steps, a);
	f->relevance = arena_zero(a, (size_t)g->nodes, sizeof *f->relevance);
	f->rows = arena_zero(a, (size_t)g->nodes, sizeof *f->rows);
	f->width = arena_zero(a, (size_t)g->nodes, sizeof *f->width);
	read_relevance(f, g, map, a);
	return f;
}

struct frontier *frontier_read(const struct graph *g, const struct record *r)
{
	const msgpack_object *list = record_list(r, "frontier");
	struct frontier *first = NULL, **end = &first;

	for (uint32_t i = 0; i < list->via.array.size; i++) {
		*end = read_block(g, &list->via.array.ptr[i], r->arena);
		end = &(*end)->next;
	}
	return first;
}

void frontier_needs(const struct frontier *f, const struct plan *q, bool *need)
{
	for (; f && q->rule->contribution == GRADIENT; f = f->next)
		for (int i = 0; i < q->network->graph->nodes; i++)
			need[i] |= f->relevance[i] != NULL;
}

void frontier_place(const struct frontier *f, struct sweep *w, struct block *b)
{
	const struct graph *g = w->plan->network->graph;

	memcpy(w->counted, f->counted, (size_t)f->steps * sizeof *w->counted);
	for (int k = 0; k < LOSSES; k++)
		memcpy(b->lost[k], f->lost + k * f->steps, (size_t)f->steps * sizeof **b->lost);
	for (int i = 0; i < g->nodes; i++) {
		if (!f->relevance[i])
			continue;
		if (f->rows[i] != block_layout(b, i)->rows || f->width[i] != block_width(b, i))
			die("frontier: relevance at '%s' is [%ld, %ld], not [%ld, %ld]",
				g->node[i].name, f->rows[i], f->width[i], block_layout(b, i)->rows,
				block_width(b, i));
		memcpy(block_input(b, i), f->relevance[i],
			(size_t)(f->rows[i] * f->width[i]) * sizeof(real));
	}
}
