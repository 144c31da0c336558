/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lrp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/parallel.h"
#include "backward/backward.h"
#include "backward/frontier.h"
#include "backward/start.h"
#include "engine/route.h"
#include "forward/values.h"
#include "network/matrix.h"
#include "op/operations.h"
#include "request/names.h"
#include "rule/ledger.h"
#include "stream/left_out.h"

struct lrp_run {
	struct request asked;
	const struct route *route;
	struct plan plan;
	struct arena arena; /* for the life of the segment */
	struct workers workers;
	double limit;	    /* of what may be missing */
	const char **names; /* of the record's steps */
};

/* What a sweep found at one site. */
struct found {
	int node;
	const real *relevance; /* [steps, positions, width], zero where a step does not reach */
	struct account account;
	struct found *next;
};

/* A block of steps, and what it found, in order. */
struct block_job {
	const struct route *route;
	struct sweep sweep;
	struct found *found, **end;
	struct frontier *frontier; /* with --keep */
};

static struct lrp_run *lrp_open(const struct request *asked)
{
	struct lrp_run *l = must_alloc(1, sizeof *l);

	l->asked = *asked;
	l->route = route_of(asked->rule);
	l->plan =
		route_plan(network_bind(asked->graph, asked->weights, &l->arena), asked, &l->arena);
	l->plan.network->progress = asked->progress;
	l->plan.network->threads = asked->threads;
	if (asked->bf16)
		matrix_in_bf16(l->plan.network);
	l->limit = leak_limit(asked);
	l->workers = workers_new(asked->threads);
	return l;
}

static void lrp_close(struct lrp_run *l)
{
	workers_free(&l->workers);
	arena_free(&l->arena);
	free(l);
}

static void note(struct sweep *w, const struct block *b, int node)
{
	struct block_job *j = w->context;
	struct found *f = arena_zero(&w->worker->arena, 1, sizeof *f);

	f->node = node;
	f->relevance = backward_dense(w, b, node);
	f->account = backward_account(w, b, node);
	*j->end = f;
	j->end = &f->next;
}

static void note_frontier(struct sweep *w, const struct block *b, int node)
{
	struct block_job *j = w->context;

	(void)node;
	j->frontier = frontier_note(w, b);
}

static void run(void *context, int job, int thread)
{
	struct block_job *j = (struct block_job *)context + job;

	(void)thread; /* each job has a worker of its own */
	j->found = NULL;
	j->end = &j->found;
	j->route->sweep(&j->sweep);
}

/* The steps of the next block: as many as memory allows, or as its frontier has. */
static void set_steps(struct sweep *next)
{
	long end = next->start->first + next->start->steps;

	if (!next->frontier) {
		next->steps = backward_steps(next->sentence, next->first, end - next->first);
		return;
	}
	next->steps = next->frontier->steps;
	if (next->frontier->first != next->first || next->steps > end - next->first)
		die("frontier: steps %ld to %ld do not follow step %ld", next->frontier->first,
			next->frontier->first + next->steps - 1, next->first);
}

/* Sweep the next blocks, one a thread, and move `next` past them. Returns how many there were. */
static int run_jobs(const struct lrp_run *l, struct block_job *job, struct sweep *next)
{
	long end = next->start->first + next->start->steps;
	int jobs = 0;

	while (jobs < l->asked.threads && next->first < end) {
		if (l->asked.resumes && !next->frontier)
			die("frontier: nothing for the steps from %ld on", next->first);
		set_steps(next);
		next->worker = &l->workers.worker[jobs];
		job[jobs].route = l->route;
		next->context = &job[jobs];
		job[jobs++].sweep = *next;
		next->first += next->steps;
		next->frontier = next->frontier ? next->frontier->next : NULL;
	}
	parallel(l->asked.threads, jobs, run, job);
	return jobs;
}

static void write_relevance(const struct lrp_run *l, struct draft *d, const struct sentence *s,
	const struct found *f, long steps)
{
	const struct graph *g = l->asked.graph;
	const struct node *n = &g->node[f->node];
	long positions = s->rows[n->side];
	long width = row_width(n, s->rows);

#ifdef REAL_IS_DOUBLE
	draft_doubles(d, "relevance", f->relevance, 3, steps, positions, width);
#else
	draft_floats(d, "relevance", f->relevance, 3, steps, positions, width);
#endif
}

static void write_found(const struct lrp_run *l, const struct trace *t, const struct block_job *j,
	const struct found *f, struct outstream *out)
{
	const struct node *n = &l->asked.graph->node[f->node];
	const struct record *r = t->record;
	const struct tokens *tokens = &t->tokens[n->side];
	struct draft *d = stream_draft(out, "relevance");
	const struct account *x = &f->account;
	long first = j->sweep.first, steps = j->sweep.steps;
	struct ledger_entry e = { l->asked.rule, x->start, x->here, x->elsewhere, x->size, { 0 },
		steps };

	memcpy(e.lost, x->lost, sizeof e.lost);
	ledger_check(l->asked.ledger, n->name, l->limit, t->step + first, &e);
	sentence_pass(d, r);
	draft_text(d, "site", n->name);
	trace_write_steps(d, t, first);
	if (node_is_heads(n))
		draft_int(d, "heads", node_heads(n));
	start_names_write(d, l->names, first, steps);
	if ((record_has(r, "positions") || trace_is_drawn(t)) && n->side == t->steps.side)
		draft_ids(d, "positions", t->steps.position + first, (int)steps);
	if (tokens->pieces)
		draft_pieces(d, "pieces", tokens, 0, tokens->count);
	write_relevance(l, d, j->sweep.sentence, f, steps);
	ledger_write(d, &e, r->arena);
	stream_put(out, d);
}

/* The trace record again, with the sweeps as far as they came. */
static void write_frontier(
	const struct lrp_run *l, const struct record *r, struct frontier *f, struct outstream *out)
{
	struct draft *d = stream_draft(out, "trace");

	draft_pass(d, r, "frontier", NULL);
	frontier_write(d, l->asked.graph, f);
	stream_put(out, d);
}

/* What a step started with, for the ledger, is what the first sweep wrote down. */
static void resume(struct start *start, const struct frontier *f, struct arena *a)
{
	long end = start->first + start->steps;
	double *total = arena_zero(a, (size_t)end, sizeof *total);

	for (; f; f = f->next) {
		if (f->first + f->steps > end)
			die("frontier: steps %ld to %ld of a sentence that ends before step %ld",
				f->first, f->first + f->steps - 1, end);
		memcpy(total + f->first, f->start, (size_t)f->steps * sizeof *total);
	}
	start->total = total;
}

static void lrp_record(struct lrp_run *l, const struct record *r, struct outstream *out)
{
	struct network *net = l->plan.network;
	bool *need = arena_zero(r->arena, (size_t)net->graph->nodes, sizeof *need);
	struct block_job *job = arena_zero(r->arena, (size_t)l->asked.threads, sizeof *job);
	struct frontier *kept = NULL, **end = &kept, *from = NULL;
	struct trace t = trace_read(net->graph, r);

	start_steps(&l->asked, &t);
	if (l->asked.resumes)
		from = frontier_read(net->graph, r);
	else if (record_has(r, "frontier"))
		die("a 'frontier' whose header does not say how its sweeps began");
	l->route->needs(&l->plan, need);
	frontier_needs(from, &l->plan, need);
	start_needs(&l->asked, need);
	real **value = trace_values(net, &t, need);
	start_sample(&l->asked, net, &t, value);
	l->names = start_names(&l->asked.start, &t);
	struct start start = start_sentence(&l->asked, net, &t, value);
	struct sweep next = { .plan = &l->plan,
		.visit = l->asked.to ? note_frontier : note,
		.sentence = l->route->sentence(&l->plan, &t, value, &l->workers),
		.start = &start,
		.frontier = from,
		.first = start.first };
	if (from)
		resume(&start, from, r->arena);
	while (next.first < start.first + start.steps) {
		int jobs = run_jobs(l, job, &next);

		for (int i = 0; i < jobs; i++) {
			for (struct found *f = job[i].found; f; f = f->next)
				write_found(l, &t, &job[i], f, out);
			if (job[i].frontier) {
				*end = frontier_copy(job[i].frontier, net->graph, r->arena);
				end = &(*end)->next;
			}
		}
	}
	backward_warn(next.sentence, l->asked.ledger);
	if (l->asked.to)
		write_frontier(l, r, kept, out);
}

const struct lrp_engine lrp_engine = { lrp_open, lrp_record, lrp_close };
