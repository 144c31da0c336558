/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/heads.h"

#include <math.h>
#include <string.h>

#include "base/die.h"
#include "base/parallel.h"
#include "engine/effect.h"
#include "engine/heads_run.h"
#include "measure/against.h"
#include "op/operations.h"
#include "request/names.h"
#include "stream/left_out.h"

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

static void run_sweep(void *context, int job, int thread)
{
	struct heads_task *t = context;

	t->sweep[job].worker = &t->heads->workers.worker[thread];
	t->heads->route->sweep(&t->sweep[job]);
}

static void plan_sweeps(struct heads_task *t, struct sweep next, long steps, struct arena *a)
{
	t->sweep = arena_array(a, (size_t)steps, sizeof *t->sweep);
	for (; next.first < steps; next.first += next.steps) {
		next.steps = t->trace.each ? 1
					   : backward_steps(
						     next.sentence, next.first, steps - next.first);
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
	const char **names = trace->each ? NULL : start_names(&t->heads->asked.start, trace);

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
			sentence_pass(d, r);
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

const struct heads_engine heads_engine = { heads_open, heads_record, heads_interact, against_open,
	against_end, heads_report, heads_close };
