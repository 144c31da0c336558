/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep/meeting.h"

#include <string.h>

/* Matrix products with the weights of a node, one a term of the rule. */
static double terms(const struct rule *r)
{
	return r->contribution == ALPHABETA || r->contribution == GAMMA ? 4 : 1;
}

/* Multiplications at a node for each of so many rows of relevance, or of heads' arrays. */
static double row_cost(const struct model *m, const struct rule *rule, int node, const long rows[2])
{
	const struct node *n = &m->graph->node[node];
	double in = n->inputs ? m->graph->node[n->input[0]].width : 0;

	if (m->op[node] == &op_linear)
		return in * n->width * terms(rule);
	if (m->op[node] == &op_scores)
		return 2.0 * (double)rows[n->keys] * in;
	if (m->op[node] == &op_context)
		return 2.0 * (double)rows[n->keys] * n->width;
	return 4.0 * n->width;
}

/* Rows of relevance at a node in the backward sweep of a whole sentence. */
static double rows_back(const struct request *q, int node, const long rows[2])
{
	double steps = (double)rows[TARGET];

	switch (q->reach[node]) {
	case REACH_OWN:
		return steps;
	case REACH_PREFIX:
		return steps * (steps + 1) / 2;
	default:
		return steps * (double)rows[SOURCE];
	}
}

static bool reads(const struct request *q, int node, const bool *marked)
{
	const struct node *n = &q->model->graph->node[node];

	for (int k = 0; k < n->inputs; k++)
		if (marked[n->input[k]] && backward_takes(q, node, k))
			return true;
	return false;
}

/*
 * Mark what heads of sites below `node` reach up to it. False where one of their paths passes the
 * node by, or none leads to it.
 */
static bool find_reached(const struct request *q, const bool *site, int node, bool *reached)
{
	const struct graph *g = q->model->graph;

	for (int i = 0; i <= node; i++)
		reached[i] = (i < node && site[i]) || reads(q, i, reached);
	for (int i = node + 1; i < g->nodes; i++)
		for (int k = 0; k < g->node[i].inputs; k++)
			if (g->node[i].input[k] < node && reached[g->node[i].input[k]] &&
				backward_takes(q, i, k))
				return false;
	if (reached[node])
		backward_trim(q, node, reached);
	return reached[node];
}

static double cost_back(const struct request *q, const long rows[2])
{
	double sum = 0;

	for (int i = 0; i < q->model->graph->nodes - 1; i++)
		if (backward_hands_on(q, i))
			sum += rows_back(q, i, rows) * row_cost(q->model, q->rule, i, rows);
	return sum;
}

/* Heads that reach each node, times what a row costs there; and the product at the meeting. */
static double cost_forward(
	const struct meeting *x, const bool *site, const long rows[2], struct arena *a)
{
	const struct request *q = &x->backward;
	const struct graph *g = q->model->graph;
	double *heads = arena_zero(a, (size_t)g->nodes, sizeof *heads), sum = 0;
	int *seen = arena_array(a, (size_t)g->nodes, sizeof *seen);

	for (int s = 0; s < x->node; s++) {
		if (!site[s])
			continue;
		memset(seen, 0, (size_t)g->nodes * sizeof *seen);
		seen[s] = 1;
		for (int i = s + 1; i <= x->node; i++)
			for (int k = 0; k < g->node[i].inputs; k++)
				seen[i] |= seen[g->node[i].input[k]] && backward_takes(q, i, k);
		for (int i = s + 1; i <= x->node; i++)
			heads[i] += seen[i] && x->reached[i] ? g->node[s].heads : 0;
		heads[s] += g->node[s].heads;
	}
	for (int i = 0; i <= x->node; i++)
		sum += heads[i] * (double)rows[g->node[i].side] *
		       row_cost(q->model, q->rule, i, rows);
	return sum + heads[x->node] * rows_back(q, x->node, rows) * g->node[x->node].width;
}

static void set_backward(
	struct meeting *x, struct model *m, const struct layer_request *asked, struct arena *a)
{
	bool *back = arena_zero(a, (size_t)m->graph->nodes, sizeof *back);

	for (int i = 0; i < m->graph->nodes; i++)
		back[i] = i > x->node ? asked->site[i] : i == x->node;
	x->backward = (struct request){ .model = m,
		.rule = asked->rule,
		.site = back,
		.start = start_node(asked),
		.whole_row = start_is_row(asked) };
	backward_plan(&x->backward, a);
}

struct meeting meeting_plan(struct model *m, const struct layer_request *asked, const long rows[2],
	int only, struct arena *a)
{
	const struct graph *g = m->graph;
	struct meeting best = { .node = -1 };

	set_backward(&best, m, asked, a);
	best.back = cost_back(&best.backward, rows);
	for (int i = 0; i < g->nodes - 1; i++) {
		bool *reached = arena_zero(a, (size_t)g->nodes, sizeof *reached);
		struct meeting x = { .node = i, .reached = reached };

		if ((only != -2 && only != i) || m->op[i]->pairs ||
			!find_reached(&best.backward, asked->site, i, reached))
			continue;
		set_backward(&x, m, asked, a);
		x.back = cost_back(&x.backward, rows);
		x.forward = cost_forward(&x, asked->site, rows, a);
		if (only == i || x.back + x.forward < best.back + best.forward)
			best = x;
	}
	return best;
}
