/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/heads_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/parallel.h"
#include "base/print.h"
#include "forward/values.h"
#include "graph/choice.h"
#include "network/matrix.h"
#include "op/operations.h"
#include "request/draw.h"

enum { CHOOSE = -2 };

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

struct heads_run *heads_open(const struct request *asked, const char *meet)
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
	if (asked->bf16)
		matrix_in_bf16(h->network);
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

static void run_carry(void *context, int job, int thread)
{
	struct heads_task *t = context;

	carried_run(t->carried, job, &t->heads->workers.worker[thread]);
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
	if (h->asked.sums) {
		t->each = t->trace;
		t->trace = trace_sums(&t->each);
	}
	t->meeting = h->route->meets ? meeting_plan(h->network, &h->asked, &t->trace, h->meet, a)
				     : h->alone;
	if (h->meet >= 0 && t->meeting.node != h->meet)
		die_usage("--meet: not all heads below '%s' pass it, or there are none",
			g->node[h->meet].name);
	mark_needs(h, &t->meeting, need);
	if (h->asked.costs)
		t->costs = costs_of(h->network, &h->asked, &whole, need, &t->meeting, h->meet);
	t->value = trace_values(h->network, &t->trace, need);
	start_sample(&h->asked, h->network, h->asked.sums ? &t->each : &t->trace, t->value);
	t->sentence = prepare(h, &t->meeting, &t->trace, t->value);
	t->carried = carried_new(&t->meeting, t->sentence, h->asked.site, a);
	parallel(h->asked.threads, t->carried->blocks, run_carry, t);
	return t;
}

void heads_report(const struct heads_run *h)
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

void heads_close(struct heads_run *h)
{
	workers_free(&h->workers);
	arena_free(&h->arena);
	free(h);
}
