/* SPDX-License-Identifier: Apache-2.0 */
#include "opened.h"

#include <string.h>

#include "base/die.h"
#include "graph/mask.h"
#include "mask/mean.h"
#include "model/home.h"

static const struct engine *choose(const char *precision)
{
	if (strcmp(precision, "f32") == 0)
		return &engine_f32;
	if (strcmp(precision, "f64") == 0)
		return &engine_f64;
	die_usage("-p takes f32 or f64, not '%s'", precision);
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

static bool is_special(const void *context, int32_t id)
{
	const struct completion *c = context;

	return ids_hold(&c->rules->special, id);
}

/* What a target is cut at: the start token does not count, other tokens in front do. */
static long most_new(const struct generation *g, enum task task)
{
	if (task == TRANSLATE)
		return generation_most(g, 1) - 1;
	return g->max_new > 0 ? g->max_new : g->max_length;
}

static struct sentences *open_sentences(const struct opened *m,
	const struct extraction_request *typed, const struct options *o, bool as_it_is)
{
	struct completion *completion = arena_zero(m->arena, 1, sizeof *completion);
	struct sentence_request text = { .files = o,
		.form = typed->ids	? FORM_IDS
			: typed->pieces ? FORM_PIECES
					: FORM_TEXT,
		.first_line = typed->first_line,
		.skip = typed->skip,
		.tokenizer = m->tokenizer,
		.task = m->task,
		.longest = m->generation->max_length,
		.mask = m->generation->mask_token_id,
		.mask_each = typed->mask_each,
		.generates = typed->maximum != 0 && !as_it_is,
		.as_it_is = as_it_is,
		.is_special = is_special,
		.placeless = m->generation->placeless,
		.positions = m->model.shape->positions,
		.check_generation = check_generation,
		.generation = completion };

	*completion = (struct completion){ m->generation, m->model.graph };
	return sentences_open(&text);
}

void opened_options(const struct extraction_request *typed)
{
	if (typed->pieces && typed->ids)
		die_usage("--pieces and --ids exclude each other");
	if (typed->mean && !typed->mask)
		die_usage("--mean is for the heads of --mask, and there are none");
	if (typed->unit && !typed->mask)
		die_usage("--unit says what the numbers of --mask are, and there are none");
	if (typed->maximum == 0 && !typed->all_steps)
		die_usage("-g takes 1 or more: the end of sentence counts; 0 is for --all-steps");
	if (typed->all_steps && typed->mask_each)
		die_usage("--all-steps and --mask-each exclude each other");
	if (typed->first_line == 0)
		die_usage("--first-line takes 1 or more");
}

struct opened opened_begin(
	const struct extraction_request *typed, const struct options *o, bool as_it_is)
{
	struct arena *a = must_alloc(1, sizeof *a);
	struct opened m = { .engine = choose(typed->precision),
		.model = model_open(model_home(typed->model, a), a),
		.arena = a };

	m.task = graph_task(m.model.graph);
	task_check(m.model.graph);
	task_check_steps(m.task, typed->all_steps, typed->mask_each);
	m.tokenizer = model_tokenizer(m.model.shape, m.task);
	mask_typed(m.model.graph, typed->mask, unit_parse(typed->unit ? typed->unit : "head"), a);
	m.mean = means_read(m.model.graph, typed->mean, checkpoint_hash(m.model.checkpoint), a);
	if (typed->ids)
		tokenizer_for_ids(m.tokenizer);
	m.generation = generation_read(m.model.shape, m.task, typed->maximum, m.tokenizer);
	m.in = open_sentences(&m, typed, o, as_it_is);
	m.tally = tally_new(o->quiet, m.task, most_new(m.generation, m.task), typed->maximum > 0);
	return m;
}
