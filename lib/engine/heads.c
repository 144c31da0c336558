/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/heads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/parallel.h"
#include "base/print.h"
#include "engine/effect.h"
#include "engine/heads_run.h"
#include "measure/against.h"
#include "forward/values.h"
#include "graph/choice.h"
#include "op/operations.h"
#include "request/draw.h"
#include "request/names.h"
#include "stream/left_out.h"

static int meeting_node(const struct graph *g, const char *name, struct arena *a)
{
	if (!name)
		return CHOOSE;
	if (strcmp(name, "backward") == 0)
		return -1;
	if (strcmp(name, "start") == 0)
		return g->node[graph_logits(g)].input[0];
	return graph_node(g, name, a);
}

static struct heads_run *heads_open(const struct request *asked, const char *meet)
{
	struct heads_run *h = must_alloc(1, sizeof *h);

	for (int i = 0; i < asked->graph->nodes; i++)
		if (asked->site[i] && !node_is_heads(&asked->graph->node[i]))
			die_usage("'%s' is no site of attention heads; use lrp-layer",
				asked->graph->node[i].name);
	h->asked = *asked;
	h->network = network_bind(asked->graph, asked->weights, &h->arena);
	h->network->progress = asked->progress;
	h->network->threads = asked->threads;
	h->route = route_of(asked->rule);
	h->limit = h->route->meets ? asked->max_leak : leak_limit(asked);
	h->meet = meeting_node(asked->graph, meet, &h->arena);
	if (!h->route->meets && h->meet >= 0)
		die_usage("--meet: %s is not linear in relevance, so no head is carried forward",
			asked->rule->name);
	if (!h->route->meets && h->asked.costs)
		die_usage("--cost: the multiplications of %s are not counted", asked->rule->name);
	if (!h->route->meets)
		h->alone = (struct meeting){ .node = -1,
			.backward = route_plan(h->network, &h->asked, &h->arena) };
	h->met = arena_zero(&h->arena, (size_t)asked->graph->nodes + 1, sizeof *h->met);
	h->workers = workers_new(asked->threads);
	return h;
}

/* At a site above the meeting: the sum over a head's neurons and positions. */
static void sum_heads(const struct block *b, int node, double *out)
{
	const struct node *n = &b->sentence->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	long e = n->width / node_heads(n);

	if (!b->relevance[node])
		return;
	real *relevance = backward_relevance(b, node);
	for (long row = 0; row < l->rows; row++)
		for (int h = 0; h < node_heads(n); h++) {
			const real *r = relevance + row * n->width + h * e;
			double sum = 0;

			for (long i = 0; i < e; i++)
				sum += r[i];
			out[l->step[row] * node_heads(n) + h] += sum;
		}
	pool_give(b->pool, relevance);
}

/* --max-leak, where relevance comes back to: what heads carry has no account. */
static void check_leak(
	const struct heads_task *t, const struct sweep *w, const struct block *b, int node)
{
	struct account x = backward_account(w, b, node);
	struct ledger_entry e = { t->heads->asked.rule, x.start, x.here, x.elsewhere, x.size, { 0 },
		b->steps };

	memcpy(e.lost, x.lost, sizeof e.lost);
	ledger_limit(b->sentence->network->graph->node[node].name, t->heads->limit,
		t->trace.step + b->first, &e);
}

/* Where the result of a carried head and a step stands. */
static double *found_at(const struct heads_task *t, int head, long step)
{
	int site = t->carried->site[head];

	return &t->found[site][step * node_heads(&t->heads->asked.graph->node[site]) +
			       t->carried->number[head]];
}

static void visit(struct sweep *w, const struct block *b, int node)
{
	struct heads_task *t = w->context;
	const struct carried *c = t->carried;

	if (t->heads->limit >= 0)
		check_leak(t, w, b, node);
	if (node != t->meeting.node) {
		sum_heads(b, node,
			t->found[node] +
				b->first * node_heads(&b->sentence->network->graph->node[node]));
		return;
	}
	if (!b->relevance[node])
		return;
	double *out = arena_array(&w->worker->arena, (size_t)(b->steps * c->heads), sizeof *out);
	carried_meet(c, b, out);
	for (long step = 0; step < b->steps; step++)
		for (int h = 0; h < c->heads; h++)
			*found_at(t, h, b->first + step) = out[step * c->heads + h];
}

/* The effect of each head on the prediction of a step. */
static void note_effect(void *context, const struct effect_step *s)
{
	struct heads_task *t = context;

	for (int h = 0; h < t->carried->heads; h++)
		*found_at(t, h, s->step) = effect_divergence(s->p, s->x + h * s->count, s->count);
}

static void run_carry(void *context, int job, int thread)
{
	struct heads_task *t = context;

	carried_run(t->carried, job, &t->heads->workers.worker[thread]);
}

static void run_sweep(void *context, int job, int thread)
{
	struct heads_task *t = context;

	t->sweep[job].worker = &t->heads->workers.worker[thread];
	t->heads->route->sweep(&t->sweep[job]);
}

/* A sentence with the rule's coefficients at the nodes of both directions. */
static struct sentence *prepare(
	struct heads_run *h, const struct meeting *m, const struct trace *t, real *const *value)
{
	struct sentence *s = h->route->sentence(&m->backward, t, value, &h->workers);
	bool *forward =
		arena_zero(t->record->arena, (size_t)h->asked.graph->nodes, sizeof *forward);

	for (int i = 0; i <= m->node; i++)
		forward[i] = m->reached[i] && !backward_hands_on(&m->backward, i);
	sentence_prepare(s, forward, FORWARD, &h->workers);
	return s;
}

static void mark_needs(const struct heads_run *h, const struct meeting *x, bool *need)
{
	h->route->needs(&x->backward, need);
	start_needs(&h->asked, need);
	for (int i = 0; i < x->node; i++)
		need[i] |= h->asked.site[i] && h->asked.rule->contribution == GRADIENT;
	for (int i = 0; i <= x->node; i++)
		if (x->reached[i])
			sentence_needs(&x->backward, i, need);
}

static void plan_sweeps(struct heads_task *t, struct sweep next, long steps, struct arena *a)
{
	t->sweep = arena_array(a, (size_t)steps, sizeof *t->sweep);
	for (; next.first < steps; next.first += next.steps) {
		next.steps = backward_steps(next.sentence, next.first, steps - next.first);
		t->sweep[t->blocks++] = next;
	}
}

static void check_finite(
	const struct graph *g, int node, const double *x, const int *step, long steps)
{
	for (long i = 0; i < steps * node_heads(&g->node[node]); i++)
		if (!isfinite(x[i]))
			die("step %d: relevance at '%s' is not finite; use -r magnitude",
				step[i / node_heads(&g->node[node])], g->node[node].name);
}

/* As the ledger of lrp-layer, from the sums over heads instead of those over neurons. */
static void check_amplification(
	const struct heads_task *t, int node, const double *x, long first, long steps)
{
	const struct node *n = &t->heads->asked.graph->node[node];

	for (long s = 0; s < steps; s++, x += node_heads(n)) {
		double sum = 0, size = 0;

		for (int h = 0; h < node_heads(n); h++) {
			sum += x[h];
			size += fabs(x[h]);
		}
		ledger_amplified(t->heads->asked.ledger, n->name, size, sum,
			t->sweep->start->total[first + s]);
	}
}

/* The records of lrp-layer | head-sum: block by block, sites from the top down. */
static void write_heads(const struct heads_task *t, struct outstream *out)
{
	const struct trace *trace = &t->trace;
	const struct graph *g = t->heads->asked.graph;
	const struct record *r = trace->record;
	const char **names = start_names(&t->heads->asked.start, trace);

	for (int b = 0; b < t->blocks; b++)
		for (int i = g->nodes - 1; i >= 0; i--) {
			long first = t->sweep[b].first, steps = t->sweep[b].steps;
			int heads = node_heads(&g->node[i]);

			if (!t->found[i])
				continue;
			const double *found = t->found[i] + first * heads;
			check_finite(g, i, found, trace->step + first, steps);
			if (!t->heads->asked.effect)
				check_amplification(t, i, found, first, steps);
			struct draft *d = stream_draft(out, "heads");
			draft_int(d, "sentence", record_int(r, "sentence"));
			cut_pass(d, r);
			draft_text(d, "site", g->node[i].name);
			trace_write_steps(d, trace, first);
			draft_int(d, "heads", heads);
			start_names_write(d, names, first, steps);
			draft_doubles(d, "relevance", found, 2, steps, (long)heads);
			if (t->costs.rows)
				draft_doubles(d, "cost", t->costs.cost, 2, t->costs.rows, 2L);
			stream_put(out, d);
		}
}

/* What the sentence took, and what both extremes would have taken. */
static void account(struct heads_run *h, const struct meeting *m, const struct trace *t)
{
	const struct graph *g = h->asked.graph;
	struct arena *a = t->record->arena;

	h->met[m->node + 1]++;
	if (!h->asked.counts || !h->route->meets)
		return;
	struct meeting back = meeting_plan(h->network, &h->asked, t, -1, a);
	struct meeting all =
		meeting_plan(h->network, &h->asked, t, g->node[graph_logits(g)].input[0], a);
	h->spent += m->back + m->forward;
	h->backward += back.back;
	h->carried += all.back + all.forward;
}

struct heads_task *heads_carry(struct heads_run *h, const struct record *r)
{
	const struct graph *g = h->asked.graph;
	struct arena *a = r->arena;
	bool *need = arena_zero(a, (size_t)g->nodes, sizeof *need);
	struct heads_task *t = arena_zero(a, 1, sizeof *t);

	t->heads = h;
	t->trace = trace_read(g, r);
	struct trace whole = t->trace;

	draw_steps(&h->asked.draw, &t->trace);
	t->meeting = h->route->meets ? meeting_plan(h->network, &h->asked, &t->trace, h->meet, a)
				     : h->alone;
	if (h->meet >= 0 && t->meeting.node != h->meet)
		die_usage("--meet: not all heads below '%s' pass it, or there are none",
			g->node[h->meet].name);
	mark_needs(h, &t->meeting, need);
	if (h->asked.costs)
		t->costs = costs_of(h->network, &h->asked, &whole, need, &t->meeting, h->meet);
	t->value = trace_values(h->network, &t->trace, need);
	start_sample(&h->asked, h->network, &t->trace, t->value);
	t->sentence = prepare(h, &t->meeting, &t->trace, t->value);
	t->carried = carried_new(&t->meeting, t->sentence, h->asked.site, a);
	parallel(h->asked.threads, t->carried->blocks, run_carry, t);
	return t;
}

/* Room for what is found at each site. */
static void make_room(struct heads_task *t, struct arena *a)
{
	const struct graph *g = t->heads->asked.graph;

	t->found = arena_zero(a, (size_t)g->nodes, sizeof *t->found);
	for (int i = 0; i < g->nodes; i++)
		if (t->heads->asked.site[i])
			t->found[i] = arena_zero(a,
				(size_t)(t->trace.steps.count * node_heads(&g->node[i])),
				sizeof **t->found);
}

static void heads_record(struct heads_run *h, const struct record *r, struct outstream *out)
{
	struct heads_task *t = heads_carry(h, r);
	struct start start = start_sentence(&h->asked, h->network, &t->trace, t->value);
	struct sweep next = { .plan = &t->meeting.backward,
		.sentence = t->sentence,
		.visit = visit,
		.context = t,
		.start = &start };

	make_room(t, r->arena);
	plan_sweeps(t, next, t->trace.steps.count, r->arena);
	if (h->asked.effect)
		effect_steps(t, NULL, note_effect, t);
	else
		parallel(h->asked.threads, t->blocks, run_sweep, t);
	backward_warn(t->sentence, h->asked.ledger);
	write_heads(t, out);
	account(h, &t->meeting, &t->trace);
}

static void heads_report(const struct heads_run *h)
{
	const struct graph *g = h->asked.graph;

	for (int i = -1; i < g->nodes; i++)
		if (h->met[i + 1])
			print_plain(stderr, "%s: %ld sentences: %s%s\n", program_name(),
				h->met[i + 1],
				i < 0 ? "all heads backward"
				: i == g->node[graph_logits(g)].input[0]
					? "all heads carried to the logits"
					: "carried and backward meet at ",
				i < 0 || i == g->node[graph_logits(g)].input[0] ? ""
										: g->node[i].name);
	if (h->route->meets)
		fprintf(stderr,
			"%s: multiplications: %.3g as done, %.3g all backward, %.3g all carried to the "
			"logits\n",
			program_name(), h->spent, h->backward, h->carried);
}

static void heads_close(struct heads_run *h)
{
	workers_free(&h->workers);
	arena_free(&h->arena);
	free(h);
}

const struct heads_engine heads_engine = { heads_open, heads_record, heads_interact, against_open,
	against_end, heads_report, heads_close };
