/* SPDX-License-Identifier: Apache-2.0 */
/* The loss of each step of traces: l[t] = -log softmax(z[t])[target[t]], z the logits. */
#include "measure/measure.h"

#include <math.h>

#include "base/die.h"
#include "forward/trace.h"
#include "op/operations.h"
#include "record/tokens.h"
#include "stream/left_out.h"

enum { LOSS_ROWS = 64 }; /* of logits at a time */

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
	if (g->node[g->nodes - 1].inputs != 1)
		die("graph: the logits are not made from one node");
}

/* -log of the softmax at one token, without overflow. */
static double loss_of(const real *z, long width, long token)
{
	double top = z[0], sum = 0;

	for (long v = 1; v < width; v++)
		top = z[v] > top ? z[v] : top;
	for (long v = 0; v < width; v++)
		sum += exp(z[v] - top);
	return log(sum) - (z[token] - top);
}

/* The losses of all steps, from the values that the logits are made from. */
static double *losses(struct step_loss *l, const struct tokens *target, real *x, struct arena *a)
{
	const struct graph *g = l->network->graph;
	int last = g->nodes - 1, in = g->node[last].input[0];
	long width = g->node[last].width;
	real **value = arena_zero(a, (size_t)g->nodes, sizeof *value);
	double *loss = arena_array(a, (size_t)target->count, sizeof *loss);

	value[last] = arena_array(a, (size_t)(LOSS_ROWS * width), sizeof(real));
	for (long t = 0; t < target->count; t++) {
		long left = target->count - t, token = target->ids[t];
		struct batch b = { .rows = { 0, left < LOSS_ROWS ? left : LOSS_ROWS } };

		if (token < 0 || token >= width)
			die("step %ld: the model has no token %ld", t, token);
		value[in] = x + t * g->node[in].width;
		if (t % LOSS_ROWS == 0)
			l->network->op[last]->forward(l->network, last, &b, value);
		loss[t] = loss_of(value[last] + t % LOSS_ROWS * width, width, token);
	}
	return loss;
}

static void record(void *state, const struct record *r, struct outstream *out)
{
	struct step_loss *l = state;
	const struct graph *g = l->network->graph;
	bool *need = arena_zero(r->arena, (size_t)g->nodes, sizeof *need);
	int in = g->node[g->nodes - 1].input[0];
	struct tokens target = record_tokens(r, "target");
	struct tensor top = map_tensor(record_map(r, "top"), "top", "ids");
	long rows[2];

	trace_lengths(r, rows);
	need[in] = true;
	real **value = trace_values(l->network, r, need);
	double *loss = losses(l, &target, value[in], r->arena);
	tensor_expect(&top, "top.ids", 2, rows[TARGET], -1L);
	if (top.shape[1] < 1)
		die("tensor 'top.ids' is empty");
	const int32_t *best = tensor_ints(&top, r->arena, "top.ids");
	double *agrees = arena_array(r->arena, (size_t)rows[TARGET], sizeof *agrees);
	for (long t = 0; t < rows[TARGET]; t++)
		agrees[t] = best[t * top.shape[1]] == target.ids[t];
	struct draft *d = stream_draft(out, "losses");
	draft_int(d, "sentence", record_int(r, "sentence"));
	cut_pass(d, r);
	draft_int(d, "first_step", 0);
	draft_doubles(d, "loss", loss, 1, rows[TARGET]);
	draft_doubles(d, "top1", agrees, 1, rows[TARGET]);
	stream_put(out, d);
}

const struct measure measure_loss = {
	.content = "losses",
	.start = start,
	.segment = segment,
	.record = record,
};
