/* SPDX-License-Identifier: Apache-2.0 */
#include "extraction.h"

#include <string.h>

#include "base/die.h"
#include "graph/choice.h"
#include "graph/graph_record.h"
#include "engine/engine.h"
#include "model/header.h"
#include "model/home.h"
#include "model/open.h"
#include "graph/mask.h"
#include "mask/mean.h"
#include "ckpt/weights.h"

static const struct extract_engine *choose(const char *precision)
{
	if (strcmp(precision, "f32") == 0)
		return engine_f32.extract;
	if (strcmp(precision, "f64") == 0)
		return engine_f64.extract;
	die_usage("-p takes f32 or f64, not '%s'", precision);
}

/* The nodes to store; NULL: those that are needed. */
static const bool *nodes_to_keep(const struct graph *g, const char *list, struct arena *a)
{
	if (strcmp(list, "needed") == 0)
		return NULL;
	if (strcmp(list, "none") == 0)
		return arena_zero(a, (size_t)g->nodes, sizeof(bool));
	return graph_nodes(g, list, a);
}

static const char *target_piece(void *tokenizer, int32_t id)
{
	return tokenizer_piece(tokenizer, TOKENIZER_TARGET, id);
}

static const char *target_text(void *tokenizer, const struct tokens *target, struct arena *a)
{
	return tokenizer_text(tokenizer, TOKENIZER_TARGET, target->ids, target->count, a);
}

struct extraction extraction_begin(const struct extraction_request *typed, const struct options *o)
{
	struct arena *a = must_alloc(1, sizeof *a);
	struct extraction x = { .engine = choose(typed->precision) };
	const char *home = model_home(typed->model, a);
	struct model m = model_open(home, a);
	struct tokenizer *tokenizer = tokenizer_open(home, m.shape);

	mask_typed(m.graph, typed->mask, a);
	const char *mean = means_read(m.graph, typed->mean, checkpoint_hash(m.checkpoint), a);
	struct extract_request q = { .graph = m.graph,
		.weights = weights_of_checkpoint(m.checkpoint),
		.generation = generation_read(m.shape, typed->maximum),
		.keep = nodes_to_keep(m.graph, typed->keep, a),
		.skip_cut = typed->skip_cut,
		.threads = o->threads,
		.piece = target_piece,
		.text = target_text,
		.context = tokenizer };
	struct sentence_request text = { .files = o,
		.form = typed->ids	? FORM_IDS
			: typed->pieces ? FORM_PIECES
					: FORM_TEXT,
		.first_line = typed->first_line,
		.skip = typed->skip,
		.tokenizer = tokenizer,
		.shape = m.shape,
		.generation = q.generation };

	x.in = sentences_open(&text);
	x.tally = tally_new(o->quiet, q.generation->max_length - 1, typed->maximum > 0);
	x.out = stream_create(o, "trace");
	struct draft *d = stream_header_draft(x.out, NULL, NULL);
	model_write(d, m.shape, mask_text(m.graph, a), mean, m.checkpoint);
	graph_write(d, m.graph);
	if (typed->embed)
		weights_write(d, m.graph, m.checkpoint);
	stream_begin(x.out, d);
	x.extractor = x.engine->open(&q);
	return x;
}
