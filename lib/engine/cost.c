/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/cost.h"

#include <string.h>

#include "graph/task.h"
#include "stream/map_index.h"

/* A node's value: the derivative of an operation takes the products that it takes itself. */
static double cost_of_value(const struct network *net, const struct trace *t, int node)
{
	const struct graph *g = net->graph;
	const struct direction *d = &net->op[node]->gradient;
	long rows = node == graph_logits(g) ? t->of : t->rows[g->node[node].side];

	return d->cost ? (double)rows * d->cost(g, &g->node[node], NULL, t->rows) : 0;
}

static double cost_of_pass(const struct network *net, const struct trace *t)
{
	double sum = 0;

	for (int i = 0; i < net->graph->nodes; i++)
		sum += cost_of_value(net, t, i);
	return sum;
}

/* What trace_values() computes again. */
static double cost_of_needs(const struct network *net, const struct trace *t, const bool *need)
{
	const struct graph *g = net->graph;
	struct arena *a = t->record->arena;
	const struct map_index *held = map_index_new(record_map(t->record, "values"), a);
	bool *read = arena_array(a, (size_t)g->nodes, sizeof *read);
	double sum = 0;

	memcpy(read, need, (size_t)g->nodes * sizeof *read);
	for (int i = g->nodes - 1; i >= 0; i--) {
		if (!read[i] || map_index_find(held, g->node[i].name))
			continue;
		sum += cost_of_value(net, t, i);
		for (int k = 0; k < g->node[i].inputs; k++)
			read[g->node[i].input[k]] = true;
	}
	return sum;
}

/* Sums of contributions at each output: a product for each that relevance or heads take. */
static double cost_of_coefficients(const struct network *net, const struct rule *rule,
	const struct trace *t, const struct meeting *at)
{
	const struct graph *g = net->graph;
	double sum = 0;

	for (int i = 0; i < g->nodes; i++)
		if (op_direction(net->op[i], rule)->prepare &&
			(backward_hands_on(&at->backward, i) || (i <= at->node && at->reached[i])))
			sum += (double)t->rows[g->node[i].side] *
			       op_cost(net->op[i], g, i, rule, t->rows);
	return sum;
}

static double cost_of_steps(struct network *net, const struct request *asked, const struct trace *t,
	long steps, int meet)
{
	struct trace some = *t;
	struct draw draw = { steps, asked->draw.seed };

	draw_steps(&draw, &some);
	struct meeting m = meeting_plan(net, asked, &some, meet, t->record->arena);
	return m.back + m.forward;
}

struct costs costs_of(struct network *net, const struct request *asked, const struct trace *t,
	const bool *need, const struct meeting *at, int meet)
{
	struct arena *a = t->record->arena;
	struct costs x = { 0, arena_array(a, (size_t)t->of, 2 * sizeof *x.cost) };
	double passes = graph_task(net->graph) == FILL ? 1 : 2;
	double fixed = passes * cost_of_pass(net, t) + cost_of_needs(net, t, need) +
		       cost_of_coefficients(net, asked->rule, t, at);

	for (long steps = 1;; steps += steps < 4 ? 1 : steps / 4) {
		steps = steps < t->of ? steps : t->of;
		x.cost[2 * x.rows] = (double)steps;
		x.cost[2 * x.rows++ + 1] = fixed + cost_of_steps(net, asked, t, steps, meet);
		if (steps == t->of)
			return x;
	}
}
