/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/cost.h"

/* The derivative of an operation takes the products that it takes itself. */
static double cost_forward_pass(const struct network *net, const struct trace *t)
{
	const struct graph *g = net->graph;
	double sum = 0;

	for (int i = 0; i < g->nodes; i++) {
		const struct direction *d = &net->op[i]->gradient;
		double rows = (double)(i == graph_logits(g) ? t->of : t->rows[g->node[i].side]);

		if (d->cost)
			sum += rows * d->cost(g, &g->node[i], NULL, t->rows);
	}
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

struct costs costs_of(
	struct network *net, const struct request *asked, const struct trace *t, int meet)
{
	struct arena *a = t->record->arena;
	struct costs x = { 0, arena_array(a, (size_t)t->of, 2 * sizeof *x.cost) };
	double fixed = cost_forward_pass(net, t);

	for (long steps = 1;; steps = steps < 4 ? steps + 1 : steps + steps / 4) {
		steps = steps < t->of ? steps : t->of;
		x.cost[2 * x.rows] = (double)steps;
		x.cost[2 * x.rows++ + 1] = fixed + cost_of_steps(net, asked, t, steps, meet);
		if (steps == t->of)
			return x;
	}
}
