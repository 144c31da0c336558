/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/line_check.h"

#include <stdlib.h>
#include <string.h>

/* An array and what it is of. */
struct item {
	struct array *array;
	struct tensor numbers;
	struct claims claims;
};

/* The arrays of the line that have a node; the others are noted. */
static struct item *find_items(const struct line_check_request *q, const struct given *given,
	struct arrays list, int *count, struct arena *a)
{
	struct item *items = arena_array(a, list.count, sizeof *items);
	const struct row_counts rows = { .positions = { given->tokens[SOURCE].count,
						 given->tokens[TARGET].count },
		.steps = given->steps.count };

	*count = 0;
	for (size_t i = 0; i < list.count; i++) {
		struct item *x = &items[*count];

		if (list.at[i].fate == COMPARED) /* ids */
			continue;
		x->array = &list.at[i];
		x->array->fate = OF_NO_NODE;
		struct candidates c = owners_find(q->owners, x->array->name, a);
		if (!c.count)
			continue;
		x->numbers = array_read(q->reference, x->array, a);
		x->claims = owners_choose(q->owners, &c, &x->numbers, &rows,
			array_place(q->reference, x->array, a), a);
		x->array->fate = COMPARED;
		(*count)++;
	}
	return items;
}

static struct finding compare_claim(const struct line_check_request *q, const struct given *given,
	const struct item *x, const struct claim *p, const struct tensor *value, struct arena *a)
{
	const struct node *n = &q->graph->node[p->node];
	struct finding f = {
		.array = x->array, .node = p->node, .shape = tensor_shape_text(&x->numbers, a)
	};
	struct arena_mark mark = arena_mark(a);
	struct compared c = { .array = tensor_numbers(&x->numbers, a),
		.value = tensor_numbers(value, a),
		.rows = p->rows,
		.width = p->width,
		.neurons = p->slice ? n->width : p->width,
		.arrangement = p->arrangement,
		.position = p->steps ? given->steps.position : NULL,
		.slice = p->slice ? &n->weight : NULL,
		.scale = p->scale };

	f.most = differ_most(&c);
	f.off = !(f.most.error <= q->tolerance);
	arena_back(a, mark);
	return f;
}

static int by_node(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	return x->node != y->node ? x->node - y->node : strcmp(x->array->name, y->array->name);
}

static void compare_items(const struct line_check_request *q, struct line_check *c,
	const struct item *items, int count, struct arena *a)
{
	bool *marked = arena_zero(a, (size_t)q->graph->nodes, sizeof *marked);
	int claims = 0;

	for (int i = 0; i < count; i++)
		for (int k = 0; k < items[i].claims.count; k++, claims++)
			marked[items[i].claims.at[k].node] = true;
	if (!claims)
		return;
	const struct tensor *values = q->engine->values(q->pass, c->given.tokens, marked);

	c->findings = arena_array(a, (size_t)claims, sizeof *c->findings);
	for (int i = 0; i < count; i++) {
		bool off = false;

		for (int k = 0; k < items[i].claims.count; k++) {
			const struct claim *p = &items[i].claims.at[k];
			struct finding f =
				compare_claim(q, &c->given, &items[i], p, &values[p->node], a);

			off |= f.off;
			c->findings[c->count++] = f;
		}
		c->off += off;
	}
	qsort(c->findings, (size_t)c->count, sizeof *c->findings, by_node);
}

struct line_check line_check(
	const struct line_check_request *q, const struct sentence_line *line, struct arena *a)
{
	struct line_check c = { .given = given_tokens(&q->given, line, q->reference, a),
		.first = -1 };
	struct arrays list = reference_line(q->reference, line->number);
	int count;

	c.arrays = c.given.arrays;
	if (c.given.differs) {
		c.off = 1;
		return c;
	}
	struct item *items = find_items(q, &c.given, list, &count, a);

	c.arrays += count;
	compare_items(q, &c, items, count, a);
	for (int i = 0; i < c.count && c.first < 0; i++)
		if (c.findings[i].off)
			c.first = i;
	return c;
}

bool *not_compared_before(
	const struct graph *g, const struct line_check *c, int node, struct arena *a)
{
	bool *compared = arena_zero(a, (size_t)g->nodes, sizeof *compared);
	bool *before = arena_zero(a, (size_t)g->nodes, sizeof *before);

	for (int i = 0; i < c->count; i++)
		compared[c->findings[i].node] = true;
	for (int i = node; i >= 0; i--) {
		if (i != node && !before[i])
			continue;
		for (int k = 0; k < g->node[i].inputs; k++)
			before[g->node[i].input[k]] |= !compared[g->node[i].input[k]];
	}
	return before;
}
