/* SPDX-License-Identifier: Apache-2.0 */
#include "checking.h"

#include <math.h>
#include <string.h>

#include "base/die.h"
#include "reference/text_check.h"

#define TOLERANCE 1e-3

void checking_options(const struct extraction_request *typed)
{
	if (!typed->reference) {
		if (!isnan(typed->tolerance))
			die_usage("--tolerance is of --check");
		return;
	}
	die_last_words(NULL); /* what is written is no stream */
	if (typed->tolerance < 0)
		die_usage("--tolerance takes 0 or more");
	if (typed->mask_each)
		die_usage(
			"--check and --mask-each exclude each other: a reference is of the line as it is");
	if (typed->embed || typed->skip_cut || strcmp(typed->keep, "needed") != 0)
		die_usage("--check writes no trace: -k, --embed and --skip-cut are of those");
	if (typed->maximum > 0)
		die_usage("--check generates nothing: -g is without use");
}

bool checking_run(const struct extraction_request *typed, const struct options *o)
{
	struct opened m = opened_begin(typed, o, true);
	const struct shape *s = m.model.shape;
	const struct text_check_request q = { .file = typed->reference,
		.graph = m.model.graph,
		.weights = weights_of_checkpoint(m.model.checkpoint),
		.engine = m.engine->pass,
		.threads = o->threads,
		.given = { .task = m.task,
			.generation = m.generation,
			.all_steps = typed->all_steps,
			.vocabulary = { [SOURCE] = s->vocabulary[ENC],
				[TARGET] = s->vocabulary[DEC] },
			.positions = s->positions },
		.tokenizer = m.tokenizer,
		.tolerance = isnan(typed->tolerance) ? TOLERANCE : typed->tolerance,
		.quiet = o->quiet,
		.verbose = o->verbose };
	struct text_check *t = text_check_open(&q);
	struct sentence_line line;
	struct arena arena = { 0 }; /* of a line */

	for (; sentences_next(m.in, &line, &arena); arena_reset(&arena)) {
		text_check_line(t, &line);
		tally_line(m.tally, &line);
	}
	tally_end(m.tally);
	return text_check_end(t);
}
