/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REFERENCE_TEXT_CHECK_H
#define LRP_REFERENCE_TEXT_CHECK_H

#include "ckpt/weights.h"
#include "forward/pass.h"
#include "reference/given.h"
#include "token/lines.h"
#include "token/tokenizer.h"

/* Is a model's forward pass on a text the one that made the reference? A report on standard output. */
struct text_check;

struct text_check_request {
	const char *file; /* the reference */
	const struct graph *graph;
	struct weight_source weights;
	const struct pass_engine *engine;
	int threads;
	struct given_request given;
	struct tokenizer *tokenizer;
	double tolerance;
	bool quiet, verbose; /* say nothing of what agrees; name every array */
};

struct text_check *text_check_open(const struct text_check_request *request);

/* Compare a line, or note that it was left out. Dies where the reference has nothing of it. */
void text_check_line(struct text_check *t, const struct sentence_line *line);

/* Say what was not compared, and how it ended. True: all that was compared agrees. Dies where there was
 * no line. */
bool text_check_end(struct text_check *t);

#endif
