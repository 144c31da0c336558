/* SPDX-License-Identifier: Apache-2.0 */
#include "backward/backward.h"

#include <stdlib.h>
#include <string.h>

#include "backward/frontier.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "network/layout.h"
#include "tensor/vectorised.h"

/* How far a step's relevance reaches at an input of a node, where it has this reach at the node. */
static char reach_on(const struct graph *g, int node, int k, char reach, enum side steps)
{
	const struct node *n = &g->node[node];
	enum side side = g->node[n->input[k]].side;
	bool keys = n->kind->input[k].side == KEYS;

	if (side != steps || reach >= REACH_ALL)
		return (char)(REACH_ALL + side);
	if (!keys)
		return reach;
	return (char)(sees_past_only(attention_of(n)) ? REACH_PREFIX : REACH_ALL + side);
}

/* How far it reaches at each node: see enum reach. */
static const char *plan_reach(const struct graph *g, int start, struct arena *a)
{
	char *reach = arena_zero(a, (size_t)g->nodes, 1);
	enum side steps = g->node[start].side;

	for (int i = 0; i < g->nodes; i++)
		reach[i] =
			(char)(g->node[i].side == steps ? REACH_OWN : REACH_ALL + g->node[i].side);
	for (int i = start; i >= 0; i--)
		for (int k = 0; k < g->node[i].inputs; k++) {
			char *in = &reach[g->node[i].input[k]];
			char on = reach_on(g, i, k, reach[i], steps);

			if (on > *in)
				*in = on;
		}
	return reach;
}

bool backward_takes(const struct plan *q, int node, int k)
{
	return op_takes(q->network->op[node], q->rule, k);
}

void backward_trim(const struct plan *q, int up_to, bool *marked)
{
	const struct graph *g = q->network->graph;
	bool *leads = must_alloc((size_t)g->nodes, sizeof *leads);

	leads[up_to] = true;
	for (int i = up_to; i >= 0; i--) {
		for (int k = 0; leads[i] && marked[i] && k < g->node[i].inputs; k++)
			leads[g->node[i].input[k]] |= backward_takes(q, i, k);
		marked[i] &= leads[i];
	}
	free(leads);
}

void backward_plan(struct plan *q, struct arena *a)
{
	const struct graph *g = q->network->graph;
	bool *visited = arena_zero(a, (size_t)g->nodes, sizeof *visited);

	q->reach = plan_reach(g, q->start, a);
	q->lowest = -1;
	for (int i = 0; i < g->nodes; i++) {
		visited[i] = q->site[i] || q->keeps;
		for (int k = 0; k < g->node[i].inputs; k++)
			visited[i] |= visited[g->node[i].input[k]] && backward_takes(q, i, k);
		if (q->site[i] && q->lowest < 0)
			q->lowest = i;
	}
	backward_trim(q, q->start, visited);
	q->visited = visited;
}

bool backward_hands_on(const struct plan *q, int node)
{
	if (!q->visited[node] || node <= q->lowest || node > q->start - !q->whole_row ||
		!op_direction(q->network->op[node], q->rule)->back)
		return false;
	if (!q->site[node])
		return true;
	for (int k = 0; k < q->network->graph->node[node].inputs; k++)
		if (q->visited[q->network->graph->node[node].input[k]])
			return true;
	return false;
}

void sentence_needs(const struct plan *q, int node, bool *need)
{
	const struct direction *d = op_direction(q->network->op[node], q->rule);
	const struct node *n = &q->network->graph->node[node];
	unsigned reads = d->reads ? d->reads(q->rule) : 0;

	if (q->rule->contribution == GRADIENT)
		reads |= INPUTS; /* the ledger multiplies what arrives there by values */
	need[node] |= reads & OUTPUT;
	for (int k = 0; k < n->inputs; k++)
		need[n->input[k]] |= reads >> k & 1;
}

void backward_needs(const struct plan *q, bool *need)
{
	for (int i = 0; i < q->network->graph->nodes; i++) {
		if (backward_hands_on(q, i))
			sentence_needs(q, i, need);
		need[i] |= q->site[i] && q->rule->contribution == GRADIENT;
	}
}

struct sentence *sentence_new(
	const struct plan *q, const struct trace *t, real *const *value, const struct workers *w)
{
	int nodes = q->network->graph->nodes;
	struct arena *a = t->record->arena;
	struct sentence *s = arena_zero(a, 1, sizeof *s);

	for (int i = 0; i < w->threads; i++)
		arena_reset(&w->worker[i].shared);
	*s = (struct sentence){ .network = q->network,
		.rule = q->rule,
		.rows = { t->rows[SOURCE], t->rows[TARGET] },
		.steps = t->steps,
		.value = value,
		.shares = arena_zero(a, (size_t)nodes, sizeof *s->shares),
		.reach = q->reach };
	return s;
}

struct preparation {
	const struct sentence *sentence;
	const int *node;
	enum way way;
	const struct workers *workers;
};

static void prepare_node(void *context, int job, int thread)
{
	const struct preparation *p = context;
	struct worker *w = &p->workers->worker[thread];
	struct sentence s = *p->sentence;
	int node = p->node[job];

	s.way = p->way;
	s.arena = &w->shared;
	s.pool = w->pool;
	op_direction(s.network->op[node], s.rule)->prepare(&s, node);
}

void sentence_prepare(struct sentence *s, const bool *marked, enum way way, const struct workers *w)
{
	const struct network *net = s->network;
	int *node = must_alloc((size_t)net->graph->nodes, sizeof *node), nodes = 0;
	struct preparation p = { s, node, way, w };

	for (int i = 0; i < net->graph->nodes; i++)
		if (marked[i] && op_direction(net->op[i], s->rule)->prepare)
			node[nodes++] = i;
	parallel(w->threads, nodes, prepare_node, &p);
	free(node);
}

static struct sentence *backward_sentence(
	const struct plan *q, const struct trace *t, real *const *value, const struct workers *w)
{
	struct sentence *s = sentence_new(q, t, value, w);
	bool *marked =
		arena_zero(t->record->arena, (size_t)q->network->graph->nodes, sizeof *marked);

	for (int i = 0; i <= q->start; i++)
		marked[i] = backward_hands_on(q, i);
	sentence_prepare(s, marked, BACK, w);
	return s;
}

void backward_warn(const struct sentence *s, struct ledger *l)
{
	for (int i = s->network->graph->nodes - 1; i >= 0; i--)
		if (s->shares[i].bias_alone)
			ledger_bias_alone(l, s->network->graph->node[i].name);
}

struct workers workers_new(int threads)
{
	struct workers w = { threads, must_alloc((size_t)threads, sizeof *w.worker) };

	for (int i = 0; i < threads; i++)
		w.worker[i].pool = pool_new();
	return w;
}

void workers_free(struct workers *w)
{
	for (int i = 0; i < w->threads; i++) {
		pool_free(w->worker[i].pool);
		arena_free(&w->worker[i].arena);
		arena_free(&w->worker[i].shared);
	}
	free(w->worker);
}

/* A row of a node's value; of [heads, queries, keys] values, those of one head. */
static const real *value_row(const struct block *b, int node, long position, long head)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[node];

	if (node_is_pairs(n))
		return s->value[node] +
		       (head * s->rows[n->side] + position) * s->rows[node_keys(n)];
	return s->value[node] + position * n->width;
}

/* Gradients become relevance: R_u = u dv/du. Rules that share relevance out have it already. */
static void times_value(const struct block *b, int node, real *r)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	bool pairs = node_is_pairs(n);
	long heads = pairs ? node_heads(n) : 1, width = pairs ? s->rows[node_keys(n)] : n->width;

	for (long row = 0; row < l->rows; row++)
		for (long h = 0; h < heads; h++) {
			const real *u = value_row(b, node, l->position[row], h);

			for (long i = 0; i < width; i++)
				r[(row * heads + h) * width + i] *= u[i];
		}
}

real *backward_relevance(const struct block *b, int node)
{
	size_t size = (size_t)(block_layout(b, node)->rows * block_width(b, node)) * sizeof(real);
	real *r = pool_take(b->pool, size);

	memcpy(r, b->relevance[node], size);
	if (b->sentence->rule->contribution == GRADIENT)
		times_value(b, node, r);
	return r;
}

VECTORISED
static void add_rows(const struct layout *l, const real *r, long width, double *sum)
{
	for (long row = 0; row < l->rows; row++) {
		double part = 0;

		for (long i = 0; i < width; i++)
			part += r[row * width + i];
		sum[l->step[row]] += part;
	}
}

/* sum[step] += all relevance of a node */
static void add_up(const struct block *b, int node, double *sum)
{
	bool gradient = b->sentence->rule->contribution == GRADIENT;
	real *r = gradient ? backward_relevance(b, node) : b->relevance[node];

	add_rows(block_layout(b, node), r, block_width(b, node), sum);
	if (gradient)
		pool_give(b->pool, r);
}

/* sum[step] += the magnitudes */
VECTORISED
static void add_sizes(const struct layout *l, const real *r, long width, double *sum)
{
	for (long row = 0; row < l->rows; row++) {
		double part = 0;

		for (long i = 0; i < width; i++)
			part += r[row * width + i] < 0 ? -r[row * width + i] : r[row * width + i];
		sum[l->step[row]] += part;
	}
}

static double *copy(struct worker *w, const double *x, long count)
{
	double *y = arena_array(&w->arena, (size_t)count, sizeof *y);

	memcpy(y, x, (size_t)count * sizeof *y);
	return y;
}

struct account backward_account(const struct sweep *w, const struct block *b, int node)
{
	struct arena *a = &w->worker->arena;
	struct account x = { .start = copy(w->worker, w->start->total + b->first, b->steps),
		.here = arena_zero(a, (size_t)b->steps, sizeof *x.here),
		.size = arena_zero(a, (size_t)b->steps, sizeof *x.size),
		.elsewhere = copy(w->worker, w->counted, b->steps) };

	if (b->relevance[node]) {
		real *r = backward_relevance(b, node);

		add_rows(block_layout(b, node), r, block_width(b, node), x.here);
		add_sizes(block_layout(b, node), r, block_width(b, node), x.size);
		pool_give(b->pool, r);
	}
	for (int i = 0; i < node; i++)
		if (b->relevance[i])
			add_up(b, i, x.elsewhere);
	for (int k = 0; k < LOSSES; k++)
		x.lost[k] = copy(w->worker, b->lost[k], b->steps);
	return x;
}

real *backward_dense(const struct sweep *w, const struct block *b, int node)
{
	const struct layout *l = block_layout(b, node);
	long width = block_width(b, node);
	long positions = b->sentence->rows[b->sentence->network->graph->node[node].side];
	real *out =
		arena_zero(&w->worker->arena, (size_t)(b->steps * positions * width), sizeof *out);

	if (!b->relevance[node])
		return out;
	real *r = backward_relevance(b, node);
	for (long row = 0; row < l->rows; row++)
		memcpy(out + (l->step[row] * positions + l->position[row]) * width, r + row * width,
			(size_t)width * sizeof *out);
	pool_give(b->pool, r);
	return out;
}

struct block backward_begin(struct sweep *w)
{
	struct arena *a = &w->worker->arena;
	struct block b = { .sentence = w->sentence,
		.first = w->first,
		.steps = w->steps,
		.pool = w->worker->pool,
		.arena = a };

	arena_reset(a);
	layout_block(&b);
	b.relevance = arena_zero(a, (size_t)w->plan->network->graph->nodes, sizeof *b.relevance);
	for (int k = 0; k < LOSSES; k++)
		b.lost[k] = arena_zero(a, (size_t)w->steps, sizeof *b.lost[k]);
	w->counted = arena_zero(a, (size_t)w->steps, sizeof *w->counted);
	return b;
}

static void backward_sweep(struct sweep *w)
{
	const struct plan *q = w->plan;
	struct block b = backward_begin(w);

	if (w->frontier)
		frontier_place(w->frontier, w, &b);
	else
		start_block(w->start, &b);
	for (int i = q->start; i >= q->lowest; i--) {
		progress_at(q->network->progress, "backward", q->network->graph->node[i].name);
		if (q->site[i])
			w->visit(w, &b, i);
		if (!b.relevance[i])
			continue;
		if (backward_hands_on(q, i))
			op_direction(q->network->op[i], q->rule)->back(&b, i);
		else
			add_up(&b, i, w->counted);
		pool_give(b.pool, b.relevance[i]);
		b.relevance[i] = NULL;
	}
	for (int i = 0; i < q->lowest; i++)
		pool_give(b.pool, b.relevance[i]);
}

const struct route route_by_nodes = { true, backward_plan, backward_needs, backward_sentence,
	backward_sweep };
