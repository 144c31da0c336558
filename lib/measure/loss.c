/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loss of each step of traces, l[t] = -log softmax(z[t])[target[t]], z the logits; and where
 * another trace has the logits z' of the same steps, what is lost of its prediction p,
 *
 *   kl[t] = sum_v p[t,v] (log p[t,v] - log q[t,v]),   p = softmax(z'), q = softmax(z)
 *
 * (Kullback and Leibler 1951, doi 10.1214/aoms/1177729694), in nats, over all tokens v.
 */
#include "measure/against.h"
#include "measure/measure.h"

#include <math.h>

#include "base/die.h"
#include "forward/logits.h"
#include "forward/values.h"
#include "op/operations.h"
#include "stream/left_out.h"

/* Steps at a time where there are logits of two traces: enough for a fast matrix product. */
enum { PAIRED_STEPS = 16 };

struct step_loss {
	int threads;
	struct network *network;
	struct against *against; /* NULL: there is no other trace */
	struct arena arena;	 /* for the life of the segment */
};

static void *start(const char *sites, int threads)
{
	struct step_loss *l = must_alloc(1, sizeof *l);

	(void)sites;
	l->threads = threads;
	return l;
}

static void against(void *state, const char *file, const char *directory)
{
	struct step_loss *l = state;

	l->against = against_open(file, directory, l->threads);
}

static void segment(void *state, const struct graph *g, struct weight_source weights)
{
	struct step_loss *l = state;

	arena_free(&l->arena);
	l->network = network_bind(g, weights, &l->arena);
	l->network->threads = l->threads;
}

/* What is measured of a trace's steps, as their logits come. */
struct step_losses {
	long sentence;
	const int32_t *target;
	long width;
	double *loss, *kl;
	const real *other; /* the other trace's logits of these steps, [steps, width]; or NULL */
};

static void note(void *context, long t, real *z)
{
	const struct step_losses *f = context;
	struct log_sum s = log_sum_of(z, f->width);

	f->loss[t] = log(s.sum) - (z[f->target[t]] - s.top);
	if (!f->other)
		return;
	const real *other = f->other + t * f->width;

	f->kl[t] = logits_divergence(other, log_sum_of(other, f->width), z, s, f->width);
	if (!isfinite(f->kl[t]))
		die("sentence %ld: the divergence at one of its steps is not finite", f->sentence);
}

/* The same of some steps at a time, whose logits of both traces are in memory. */
static void run_paired(struct step_loss *l, const struct trace *t, const real *value,
	struct step_losses f, struct arena *a)
{
	real *z = arena_array(a, (size_t)(PAIRED_STEPS * f.width), sizeof *z);

	against_take(l->against, t, f.width);
	for (long first = 0; first < t->steps.count; first += PAIRED_STEPS) {
		long left = t->steps.count - first,
		     count = left < PAIRED_STEPS ? left : PAIRED_STEPS;
		struct step_losses here = f;

		against_logits(l->against, first, count, z);
		here.target += first;
		here.loss += first;
		here.kl += first;
		here.other = z;
		logits_run(l->network, value, t->steps.position + first, count, note, &here, a);
	}
}

static void check_targets(const struct trace *t, long width)
{
	for (int i = 0; i < t->target.count; i++)
		if (t->target.ids[i] < 0 || t->target.ids[i] >= width)
			die("step %d: the model has no token %d", i, t->target.ids[i]);
}

/* Is the most likely token the target's? [steps] */
static const double *agreement(const struct record *r, const struct trace *t)
{
	struct tensor top = map_tensor(record_map(r, "top"), "top", "ids");

	tensor_expect(&top, "top.ids", 2, t->steps.count, -1L);
	if (top.shape[1] < 1)
		die("tensor 'top.ids' is empty");
	const int32_t *best = tensor_ints(&top, r->arena, "top.ids");
	double *agrees = arena_array(r->arena, (size_t)t->steps.count, sizeof *agrees);
	for (long i = 0; i < t->steps.count; i++)
		agrees[i] = best[i * top.shape[1]] == t->target.ids[i];
	return agrees;
}

/* All of the record is read before that of the other trace, whose name messages have from then on. */
static void record(void *state, const struct record *r, struct outstream *out)
{
	struct step_loss *l = state;
	const struct graph *g = l->network->graph;
	bool *need = arena_zero(r->arena, (size_t)g->nodes, sizeof *need);
	int last = graph_logits(g), in = g->node[last].input[0];
	struct trace t = trace_read(g, r);
	long steps = t.steps.count;
	const double *agrees = agreement(r, &t);
	struct step_losses f = { record_int(r, "sentence"), t.target.ids, g->node[last].width,
		arena_array(r->arena, (size_t)steps, sizeof *f.loss),
		arena_array(r->arena, (size_t)steps, sizeof *f.kl), NULL };

	check_targets(&t, f.width);
	need[in] = true;
	const real *value = trace_values(l->network, &t, need)[in];
	if (l->against)
		run_paired(l, &t, value, f, r->arena);
	else
		logits_run(l->network, value, t.steps.position, steps, note, &f, r->arena);
	struct draft *d = stream_draft(out, "losses");
	draft_int(d, "sentence", f.sentence);
	cut_pass(d, r);
	draft_int(d, "first_step", t.first_step);
	draft_doubles(d, "loss", f.loss, 1, steps);
	draft_doubles(d, "top1", agrees, 1, steps);
	if (l->against)
		draft_doubles(d, "kl", f.kl, 1, steps);
	stream_put(out, d);
}

static void finish(void *state, struct outstream *out)
{
	struct step_loss *l = state;

	(void)out;
	if (l->against)
		against_end(l->against);
}

const struct measure measure_loss = {
	.content = "losses",
	.start = start,
	.against = against,
	.segment = segment,
	.record = record,
	.finish = finish,
};
