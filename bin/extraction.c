/* SPDX-License-Identifier: Apache-2.0 */
#include "extraction.h"

#include <string.h>

#include "base/die.h"
#include "base/progress.h"
#include "graph/choice.h"
#include "graph/graph_record.h"
#include "engine/engine.h"
#include "model/generation.h"
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

/* A line without a target is completed. */
struct completion {
	const struct generation *rules;
	const struct graph *graph;
};

static void check_generation(const void *context)
{
	const struct completion *c = context;

	task_check_generation(c->graph);
	generation_check(c->rules);
}

/* What a target is cut at: the start token does not count, other tokens in front do. */
static long most_new(const struct generation *g, enum task task)
{
	if (task == TRANSLATE)
		return generation_most(g, 1) - 1;
	return g->max_new > 0 ? g->max_new : g->max_length;
}

static bool is_special(const void *context, int32_t id)
{
	const struct completion *c = context;

	return ids_hold(&c->rules->special, id);
}

struct extraction extraction_begin(const struct extraction_request *typed, const struct options *o)
{
	struct arena *a = must_alloc(1, sizeof *a);
	struct extraction x = { .engine = choose(typed->precision),
		.progress = progress_new(o, "sentences", text_lines(o)) };
	const char *home = model_home(typed->model, a);
	struct model m = model_open(home, a);
	struct graph *g = m.graph;
	enum task task = graph_task(g);
	struct predicted *predicted = arena_zero(a, 1, sizeof *predicted);

	task_check(g);
	task_check_steps(task, typed->all_steps, typed->mask_each);
	predicted->side = graph_steps(g);
	predicted->tokenizer = model_tokenizer(m.shape, task);

	mask_typed(g, typed->mask, unit_parse(typed->unit ? typed->unit : "head"), a);
	const char *mean = means_read(g, typed->mean, checkpoint_hash(m.checkpoint), a);
	struct extract_request q = { .graph = g,
		.weights = weights_of_checkpoint(m.checkpoint),
		.generation = generation_read(m.shape, task, typed->maximum),
		.keep = nodes_to_keep(g, typed->keep, a),
		.all_steps = typed->all_steps,
		.mask_each = typed->mask_each,
		.generates = typed->maximum != 0,
		.skip_cut = typed->skip_cut,
		.threads = o->threads,
		.progress = x.progress,
		.piece = predicted_piece,
		.text = predicted_text,
		.context = predicted };
	struct completion *completion = arena_zero(a, 1, sizeof *completion);

	*completion = (struct completion){ q.generation, g };
	struct sentence_request text = { .files = o,
		.form = typed->ids	? FORM_IDS
			: typed->pieces ? FORM_PIECES
					: FORM_TEXT,
		.first_line = typed->first_line,
		.skip = typed->skip,
		.tokenizer = predicted->tokenizer,
		.task = task,
		.longest = q.generation->max_length,
		.mask = q.generation->mask_token_id,
		.mask_each = typed->mask_each,
		.generates = q.generates,
		.is_special = is_special,
		.placeless = q.generation->placeless,
		.positions = m.shape->positions,
		.check_generation = check_generation,
		.generation = completion };

	x.in = sentences_open(&text);
	x.tally = tally_new(o->quiet, task, most_new(q.generation, task), typed->maximum > 0);
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
