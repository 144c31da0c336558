/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/against.h"

#include <string.h>

#include "base/die.h"
#include "ckpt/weights.h"
#include "forward/logits.h"
#include "forward/values.h"
#include "graph/graph_record.h"
#include "op/operations.h"
#include "stream/stream.h"

struct against {
	struct instream *in;
	const char *file, *directory;
	struct checkpoint *checkpoint;
	struct network *network;
	int threads;
	struct arena arena; /* for the life of the segment */
	struct trace trace; /* of the record that was read last */
	struct record record;
	real *value; /* of the node that logits are made from, [positions, width] */
};

struct against *against_open(const char *file, const char *directory, int threads)
{
	struct against *a = must_alloc(1, sizeof *a);

	a->in = stream_open_file(file, "trace");
	a->file = file;
	a->directory = directory;
	a->threads = threads;
	return a;
}

static void begin_segment(struct against *a)
{
	arena_free(&a->arena);
	a->network = network_bind(graph_read(&a->record),
		weights_of_header(&a->record, a->directory, &a->checkpoint), &a->arena);
	a->network->threads = a->threads;
}

/* The next trace record; false at the end. */
static bool next(struct against *a)
{
	while (stream_next(a->in, &a->record)) {
		if (!a->record.is_header)
			return true;
		begin_segment(a);
	}
	place_source(NULL);
	return false;
}

static void same_ids(
	const char *what, long sentence, const struct tokens *x, const struct tokens *y)
{
	for (int i = 0; i < x->count && i < y->count; i++)
		if (x->ids[i] != y->ids[i])
			die("sentence %ld: token %d of its %s is %d here and %d in the trace that is "
			    "measured against it; force the same targets",
				sentence, i, what, x->ids[i], y->ids[i]);
	if (x->count != y->count)
		die("sentence %ld: %d tokens in its %s here and %d in the trace that is measured "
		    "against it; force the same targets",
			sentence, x->count, what, y->count);
}

static void same_steps(long sentence, const struct steps *x, const struct steps *y)
{
	if (x->side != y->side)
		die("its steps stand on the side of the %s, those of the trace that is measured "
		    "against it do not; take models of one kind",
			side_key(x->side));
	for (long i = 0; i < x->count; i++)
		if (x->position[i] != y->position[i])
			die("sentence %ld: step %ld stands at position %d here and at %d in the "
			    "trace that is measured against it",
				sentence, i, x->position[i], y->position[i]);
}

static void same_record(const struct trace *x, const struct trace *y)
{
	long sentence = record_int(x->record, "sentence"),
	     other = record_int(y->record, "sentence");

	if (sentence != other || x->first_step != y->first_step)
		die("sentence %ld from step %ld on, where the trace that is measured against it has "
		    "sentence %ld from step %ld on; both are of the same lines, in one order",
			sentence, x->first_step, other, y->first_step);
	for (enum side side = SOURCE; side <= TARGET; side++)
		same_ids(side_key(side), sentence, &x->tokens[side], &y->tokens[side]);
	same_ids("target", sentence, &x->target, &y->target);
	same_steps(sentence, &x->steps, &y->steps);
}

void against_take(struct against *a, const struct trace *t, long width)
{
	if (!next(a))
		die("sentence %ld: '%s' ended before it; both are of the same lines, in one order",
			record_int(t->record, "sentence"), a->file);
	const struct graph *g = a->network->graph;
	int last = graph_logits(g), in = g->node[last].input[0];
	bool *need = arena_zero(a->record.arena, (size_t)g->nodes, sizeof *need);

	if (g->node[last].width != width)
		die("its model predicts among %d tokens, that of the trace that is measured against "
		    "it among %ld",
			g->node[last].width, width);
	a->trace = trace_read(g, &a->record);
	same_record(&a->trace, t);
	need[in] = true;
	a->value = trace_values(a->network, &a->trace, need)[in];
}

/* Where logits are put, [steps, width]. */
struct logit_rows {
	real *z;
	long width;
};

static void keep(void *context, long i, real *z)
{
	const struct logit_rows *to = context;

	memcpy(to->z + i * to->width, z, (size_t)to->width * sizeof *z);
}

void against_logits(struct against *a, long first, long count, real *z)
{
	const struct graph *g = a->network->graph;
	struct logit_rows to = { z, g->node[graph_logits(g)].width };

	logits_run(a->network, a->value, a->trace.steps.position + first, count, keep, &to,
		a->record.arena);
}

void against_end(struct against *a)
{
	if (next(a))
		die("sentence %ld is not in the trace that is measured against it; both are of the "
		    "same lines, in one order",
			record_int(&a->record, "sentence"));
}
