/* SPDX-License-Identifier: Apache-2.0 */
#include "extraction.h"

#include <string.h>

#include "base/progress.h"
#include "graph/choice.h"
#include "graph/graph_record.h"
#include "graph/mask.h"
#include "model/header.h"
#include "ckpt/weights.h"

/* The nodes to store; NULL: those that are needed. */
static const bool *nodes_to_keep(const struct graph *g, const char *list, struct arena *a)
{
	if (strcmp(list, "needed") == 0)
		return NULL;
	if (strcmp(list, "none") == 0)
		return arena_zero(a, (size_t)g->nodes, sizeof(bool));
	return graph_nodes(g, list, a);
}

/* Tokens of the side that predicts. */
struct predicted {
	struct tokenizer *tokenizer;
	enum side side;
};

static const char *predicted_piece(void *context, int32_t id)
{
	const struct predicted *p = context;

	return tokenizer_piece(p->tokenizer, p->side, id);
}

static const char *predicted_text(void *context, const struct tokens *target, struct arena *a)
{
	const struct predicted *p = context;

	return tokenizer_text(p->tokenizer, p->side, target->ids, target->count, a);
}

static void write_header(
	struct outstream *out, const struct opened *m, const struct extraction_request *typed)
{
	struct draft *d = stream_header_draft(out, NULL, NULL);

	model_write(d, m->model.shape, mask_text(m->model.graph, m->arena), m->mean,
		m->model.checkpoint);
	graph_write(d, m->model.graph);
	if (typed->embed)
		weights_write(d, m->model.graph, m->model.checkpoint);
	stream_begin(out, d);
}

struct extraction extraction_begin(const struct extraction_request *typed, const struct options *o)
{
	long lines = progress_is_seen(o) ? text_lines(o) : 0;
	struct progress *progress = progress_new(o, "sentences", lines);
	struct opened m = opened_begin(typed, o, false);
	const struct graph *g = m.model.graph;
	struct predicted *predicted = arena_zero(m.arena, 1, sizeof *predicted);
	struct extraction x = {
		.engine = m.engine->extract, .in = m.in, .tally = m.tally, .progress = progress
	};

	*predicted = (struct predicted){ m.tokenizer, graph_steps(g) };
	struct extract_request q = { .graph = g,
		.weights = weights_of_checkpoint(m.model.checkpoint),
		.generation = m.generation,
		.keep = nodes_to_keep(g, typed->keep, m.arena),
		.all_steps = typed->all_steps,
		.mask_each = typed->mask_each,
		.generates = typed->maximum != 0,
		.skip_cut = typed->skip_cut,
		.threads = o->threads,
		.progress = x.progress,
		.piece = predicted_piece,
		.text = predicted_text,
		.context = predicted };

	x.out = stream_create(o, "trace");
	write_header(x.out, &m, typed);
	x.extractor = x.engine->open(&q);
	return x;
}
