/* SPDX-License-Identifier: Apache-2.0 */
#include "carried/meeting.h"

#include <string.h>

/*
 * CHEAPEST: `only` of meeting_plan(), to choose. PLANNED: what choosing may cost. To plan a meeting
 * is to pass over the nodes once for every 64 sites (struct group). All meetings are planned as
 * long as their number times that of the nodes is below this.
 */
enum { CHEAPEST = -2, PLANNED = 10000000 };

/* Rows of relevance at a node in the backward sweep of a whole sentence. */
static double rows_back(const struct plan *q, int node, const struct trace *t)
{
	if (q->reach[node] == REACH_OWN)
		return (double)(t->each ? t->each->steps.count : t->steps.count);
	if (q->reach[node] == REACH_PREFIX)
		return t->steps.prefixes;
	return (double)t->steps.count * (double)t->rows[q->reach[node] - REACH_ALL];
}

static bool reads(const struct plan *q, int node, const bool *marked)
{
	const struct node *n = &q->network->graph->node[node];

	for (int k = 0; k < n->inputs; k++)
		if (marked[n->input[k]] && backward_takes(q, node, k))
			return true;
	return false;
}

/*
 * Mark the nodes at which the directions can meet: heads of sites below them reach them, and none
 * of their paths passes the node by. One pass, as the edge that reaches furthest says it for all.
 */
static bool *find_meetings(const struct plan *q, const bool *site, struct arena *a)
{
	const struct graph *g = q->network->graph;
	bool *reached = arena_zero(a, (size_t)g->nodes, sizeof *reached);
	bool *meets = arena_zero(a, (size_t)g->nodes, sizeof *meets);
	int *last = arena_zero(a, (size_t)g->nodes, sizeof *last), furthest = 0;

	for (int i = 0; i < g->nodes; i++)
		for (int k = 0; k < g->node[i].inputs; k++)
			if (backward_takes(q, i, k))
				last[g->node[i].input[k]] = i;
	for (int i = 0; i < g->nodes; i++) {
		bool comes = reads(q, i, reached);

		meets[i] =
			comes && furthest <= i && i < g->nodes - 1 && !node_is_pairs(&g->node[i]);
		reached[i] = comes || site[i];
		furthest = reached[i] && last[i] > furthest ? last[i] : furthest;
	}
	return meets;
}

/* Mark what heads of sites below a meeting reach on their way up to it. */
static void find_reached(const struct plan *q, const bool *site, int node, bool *reached)
{
	for (int i = 0; i <= node; i++)
		reached[i] = (i < node && site[i]) || reads(q, i, reached);
	backward_trim(q, node, reached);
}

static double cost_back(const struct plan *q, const struct trace *t)
{
	double sum = 0;

	for (int i = 0; i < q->network->graph->nodes - 1; i++)
		if (backward_hands_on(q, i))
			sum += rows_back(q, i, t) *
			       op_cost(q->network->op[i], q->network->graph, i, q->rule, t->rows);
	return sum;
}

/* The next sites below a node, from `from` on: a bit each, and how many heads they have. */
struct group {
	int site[64], heads[64], count, total;
};

static int next_group(
	struct group *group, const struct graph *g, const bool *site, int from, int node)
{
	*group = (struct group){ .count = 0 };
	for (; from < node && group->count < 64; from++) {
		if (!site[from])
			continue;
		group->site[group->count] = from;
		group->total += group->heads[group->count++] = node_heads(&g->node[from]);
	}
	return from;
}

/* The heads of those sites of a group whose bits are set. */
static int heads_of(const struct group *group, uint64_t bits)
{
	int heads = 0;

	if (bits == UINT64_MAX)
		return group->total;
	for (int s = 0; s < group->count; s++)
		heads += bits >> s & 1 ? group->heads[s] : 0;
	return heads;
}

/* heads[i] += the heads of the group that reach node i, up to the meeting */
static void add_reaching(
	const struct meeting *x, const struct group *group, uint64_t *seen, double *heads)
{
	const struct graph *g = x->backward.network->graph;

	memset(seen, 0, (size_t)g->nodes * sizeof *seen);
	for (int i = group->site[0], s = 0; i <= x->node; i++) {
		for (int k = 0; k < g->node[i].inputs; k++)
			if (backward_takes(&x->backward, i, k))
				seen[i] |= seen[g->node[i].input[k]];
		heads[i] += seen[i] && x->reached[i] ? heads_of(group, seen[i]) : 0;
		if (s < group->count && group->site[s] == i) {
			seen[i] |= UINT64_C(1) << s;
			heads[i] += group->heads[s++];
		}
	}
}

/* Heads that reach each node, times what a row costs there; and the product at the meeting. */
static double cost_forward(
	const struct meeting *x, const bool *site, const struct trace *t, struct arena *a)
{
	const struct plan *q = &x->backward;
	const struct graph *g = q->network->graph;
	double *heads = arena_zero(a, (size_t)g->nodes, sizeof *heads), sum = 0;
	uint64_t *seen = arena_array(a, (size_t)g->nodes, sizeof *seen);
	struct group group;

	for (int s = 0; s < x->node;) {
		s = next_group(&group, g, site, s, x->node);
		if (group.count)
			add_reaching(x, &group, seen, heads);
	}
	for (int i = 0; i <= x->node; i++)
		sum += heads[i] * (double)t->rows[g->node[i].side] *
		       op_cost(q->network->op[i], q->network->graph, i, q->rule, t->rows);
	return sum + heads[x->node] * rows_back(q, x->node, t) * g->node[x->node].width;
}

static void set_backward(
	struct meeting *x, struct network *net, const struct request *asked, struct arena *a)
{
	bool *back = arena_zero(a, (size_t)net->graph->nodes, sizeof *back);

	for (int i = 0; i < net->graph->nodes; i++)
		back[i] = i > x->node ? asked->site[i] : i == x->node;
	x->backward = (struct plan){ .network = net,
		.rule = asked->rule,
		.site = back,
		.start = start_node(asked),
		.whole_row = start_is_row(asked) };
	backward_plan(&x->backward, a);
}

/* The meeting at a node, or, at -1, all backward. */
static struct meeting meet_at(struct network *net, const struct request *asked,
	const struct trace *t, int node, struct arena *a)
{
	bool *reached = arena_zero(a, (size_t)net->graph->nodes, sizeof *reached);
	struct meeting x = { .node = node, .reached = reached };

	set_backward(&x, net, asked, a);
	x.back = cost_back(&x.backward, t);
	if (node >= 0) {
		find_reached(&x.backward, asked->site, node, reached);
		x.forward = cost_forward(&x, asked->site, t, a);
	}
	return x;
}

/*
 * Every how many-th of the meetings is planned: each one, but in graphs so large that planning
 * would take longer than the sweep. There so few are planned that the nodes passed over, in all
 * passes for all meetings, come to about PLANNED (at most twice as many).
 */
static long stride(const struct graph *g, const bool *meets, const bool *site)
{
	long meetings = 0, sites = 0;

	for (int i = 0; i < g->nodes; i++) {
		meetings += meets[i];
		sites += site[i];
	}
	return 1 + meetings * g->nodes / PLANNED * (1 + sites / 64);
}

struct meeting meeting_plan(struct network *net, const struct request *asked, const struct trace *t,
	int only, struct arena *a)
{
	const struct graph *g = net->graph;
	struct meeting backward = meet_at(net, asked, t, -1, a);
	bool *meets = find_meetings(&backward.backward, asked->site, a);
	long every = stride(g, meets, asked->site), nth = 0;
	double least = backward.back;
	int best = -1;

	if (only != CHEAPEST)
		return only >= 0 && meets[only] ? meet_at(net, asked, t, only, a) : backward;
	for (int i = 0; i < g->nodes; i++) {
		struct arena_mark mark = arena_mark(a);
		struct meeting x;

		if (!meets[i] || nth++ % every)
			continue;
		x = meet_at(net, asked, t, i, a);
		if (x.back + x.forward < least) {
			least = x.back + x.forward;
			best = i;
		}
		arena_back(a, mark);
	}
	return best < 0 ? backward : meet_at(net, asked, t, best, a);
}
