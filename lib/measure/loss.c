/* SPDX-License-Identifier: Apache-2.0 */
/* The loss of each step of traces: l[t] = -log softmax(z[t])[target[t]], z the logits. */
#include "measure/measure.h"

#include <math.h>

#include "base/die.h"
#include "forward/logits.h"
#include "forward/values.h"
#include "op/operations.h"
#include "stream/left_out.h"

struct step_loss {
	int threads;
	struct network *network;
	struct arena arena; /* for the life of the segment */
};

static void *start(const char *sites, int threads)
{
	struct step_loss *l = must_alloc(1, sizeof *l);

	(void)sites;
	l->threads = threads;
	return l;
}

static void segment(void *state, const struct graph *g, struct weight_source weights)
{
	struct step_loss *l = state;

	arena_free(&l->arena);
	l->network = network_bind(g, weights, &l->arena);
	l->network->threads = l->threads;
}

/* The losses of a trace's steps, as their logits come. */
struct step_losses {
	const struct tokens *target;
	long width;
	double *loss;
};

/* -log of the softmax at the step's token */
static void note(void *context, long t, real *z)
{
	const struct step_losses *f = context;
	long token = f->target->ids[t];

	if (token < 0 || token >= f->width)
		die("step %ld: the model has no token %ld", t, token);
	struct log_sum s = log_sum_of(z, f->width);
	f->loss[t] = log(s.sum) - (z[token] - s.top);
}

static void record(void *state, const struct record *r, struct outstream *out)
{
	struct step_loss *l = state;
	const struct graph *g = l->network->graph;
	bool *need = arena_zero(r->arena, (size_t)g->nodes, sizeof *need);
	int last = graph_logits(g), in = g->node[last].input[0];
	struct tensor top = map_tensor(record_map(r, "top"), "top", "ids");
	struct trace t = trace_read(g, r);
	long steps = t.steps.count;
	struct step_losses f = { &t.target, g->node[last].width, NULL };

	f.loss = arena_array(r->arena, (size_t)steps, sizeof *f.loss);
	need[in] = true;
	real **value = trace_values(l->network, &t, need);
	logits_run(l->network, value[in], t.steps.position, steps, note, &f, r->arena);
	tensor_expect(&top, "top.ids", 2, steps, -1L);
	if (top.shape[1] < 1)
		die("tensor 'top.ids' is empty");
	const int32_t *best = tensor_ints(&top, r->arena, "top.ids");
	double *agrees = arena_array(r->arena, (size_t)steps, sizeof *agrees);
	for (long i = 0; i < steps; i++)
		agrees[i] = best[i * top.shape[1]] == t.target.ids[i];
	struct draft *d = stream_draft(out, "losses");
	draft_int(d, "sentence", record_int(r, "sentence"));
	cut_pass(d, r);
	draft_int(d, "first_step", t.first_step);
	draft_doubles(d, "loss", f.loss, 1, steps);
	draft_doubles(d, "top1", agrees, 1, steps);
	stream_put(out, d);
}

const struct measure measure_loss = {
	.content = "losses",
	.start = start,
	.segment = segment,
	.record = record,
};
