/* SPDX-License-Identifier: Apache-2.0 */
/* For op-check: one trial, which is a tiny graph, a rule, and numbers drawn. */
#ifndef OP_TRIAL_H
#define OP_TRIAL_H

#include "network/layout.h"
#include "op-check.h"
#include "op/operations.h"

/* Everything of one trial. */
struct trial {
	struct tiny *tiny;
	const struct op *op;
	const char *rule_text;
	enum mode mode;
	struct rule rule;
	struct sentence s;
	struct block b;
	struct batch batch;
	struct span spans[2];
	real *value[NODES], *carried_in[MAX_INPUTS], *carried; /* [CARRIED, rows, width] */
	struct tensor weight[NODES], bias[NODES];
	double *slope[MAX_INPUTS]; /* numerical: [input element, output element] */
	struct arena arena;
	struct pool *pool;
};

static bool find_weight(const void *from, const char *name, struct tensor *t)
{
	const struct trial *x = from;
	const struct node *n = x->tiny->graph->node;

	for (int i = 0; i < x->tiny->graph->nodes; i++) {
		bool bias = n[i].bias.tensor && !strcmp(n[i].bias.tensor, name);

		if (!bias && (!n[i].weight.tensor || strcmp(n[i].weight.tensor, name)))
			continue;
		*t = bias ? x->bias[i] : x->weight[i];
		return true;
	}
	return false;
}

static void draw_tensor(struct trial *x, struct tensor *t, int dimensions, const long shape[2])
{
	*t = (struct tensor){ .type = "<f4", .dimensions = dimensions, .count = 1 };
	for (int d = 0; d < dimensions; d++)
		t->count *= (size_t)(t->shape[d] = shape[d]);
	float *data = arena_array(&x->arena, t->count, sizeof *data);

	for (size_t i = 0; i < t->count; i++)
		data[i] = (float)draw(x->mode, false);
	t->data = data;
}

/* The tensors of all nodes, of the shapes that their kinds say. */
static void draw_weights(struct trial *x)
{
	const struct graph *g = x->tiny->graph;

	for (int i = 0; i < g->nodes; i++) {
		const struct node *n = &g->node[i];
		long shape[2] = { n->width, 1 };

		if (n->bias.tensor)
			draw_tensor(x, &x->bias[i], 1, shape);
		int dimensions =
			n->weight.tensor && n->kind->weight ? n->kind->weight(g, n, shape) : 0;

		if (dimensions)
			draw_tensor(x, &x->weight[i], dimensions, shape);
	}
}

/* Elements of a node's row of relevance, and where one of them stands in its value. */
static long width_of_row(const struct trial *x, int node)
{
	return block_width(&x->b, node);
}

static long rows_of(const struct trial *x, int node)
{
	return x->s.rows[x->tiny->graph->node[node].side];
}

static long element(const struct trial *x, int node, long position, long i)
{
	const struct node *n = &x->tiny->graph->node[node];
	long keys = x->s.rows[node_keys(n)];

	if (!node_is_pairs(&x->tiny->graph->node[node]))
		return position * n->width + i;
	return (i / keys * rows_of(x, node) + position) * keys + i % keys;
}

/* Relevance never stands at keys that a query does not see. */
static bool sees(const struct trial *x, int node, long position, long i)
{
	const struct node *n = &x->tiny->graph->node[node];

	long keys = x->s.rows[node_keys(n)];

	return !node_is_pairs(n) || (i % keys < keys_seen(attention_of(n), position, keys) &&
					    i % keys >= keys_from(attention_of(n), position));
}

/* Is a node's value drawn? Of leaves, and of what reads nothing but leaves; the node under test has
 * the value of its formula, and so have those between, such as attention weights below a context. */
static bool is_drawn(const struct tiny *t, int node)
{
	const struct node *n = &t->graph->node[node];

	for (int k = 0; k < n->inputs; k++)
		if (t->graph->node[n->input[k]].inputs)
			return false;
	return node != t->under;
}

static void set_values(struct trial *x)
{
	for (int i = 0; i <= x->tiny->under; i++) {
		long count = batch_value_size(x->s.network, i, &x->batch);

		x->value[i] = arena_zero(&x->arena, (size_t)count, sizeof(real));
		for (long k = 0; k < count; k++)
			x->value[i][k] = (real)draw(x->mode, sizeof(real) == sizeof(double));
		if (!is_drawn(x->tiny, i))
			x->s.network->op[i]->forward(x->s.network, i, &x->batch, x->value);
	}
}

static void start_trial(struct trial *x)
{
	static real *none[NODES];
	static const int position[TARGETS] = { 0, 1, 2, 3 };
	struct weight_source source = { find_weight, x };

	arena_reset(&x->arena);
	memcpy(x->value, none, sizeof none);
	draw_weights(x);
	memset(x->slope, 0, sizeof x->slope);
	x->spans[SOURCE] = (struct span){ 0, SOURCES };
	x->spans[TARGET] = (struct span){ 0, TARGETS };
	x->batch = (struct batch){ .sentences = 1,
		.rows = { SOURCES, TARGETS },
		.queries = { &x->spans[SOURCE], &x->spans[TARGET] },
		.keys = { &x->spans[SOURCE], &x->spans[TARGET] } };
	x->s = (struct sentence){ .network = network_bind(x->tiny->graph, source, &x->arena),
		.rule = &x->rule,
		.rows = { SOURCES, TARGETS },
		.steps = { .side = TARGET, .count = TARGETS, .position = position },
		.value = x->value,
		.shares = arena_zero(&x->arena, NODES, sizeof *x->s.shares),
		.reach = x->tiny->reach,
		.arena = &x->arena,
		.pool = x->pool };
	x->s.network->block = x->mode % 2 ? 13 : 0; /* matrices whole, and two rows at a time */
	x->b = (struct block){ .sentence = &x->s,
		.first = FIRST,
		.steps = STEPS,
		.relevance = arena_zero(&x->arena, NODES, sizeof *x->b.relevance),
		.pool = x->pool,
		.arena = &x->arena };
	for (int k = 0; k < LOSSES; k++)
		x->b.lost[k] = arena_zero(&x->arena, STEPS, sizeof *x->b.lost[k]);
	layout_block(&x->b);
}

#endif
