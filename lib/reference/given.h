/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REFERENCE_GIVEN_H
#define LRP_REFERENCE_GIVEN_H

#include "model/generation.h"
#include "reference/arrays.h"
#include "request/trace.h"
#include "token/lines.h"

/*
 * What the model is run on, of a line and of the ids that the reference was run on: its arrays
 * `input_ids` and, of a model with two sides, `decoder_input_ids`. Both have to be the same; but what
 * follows a text without a target is taken from the reference, and a target may stand there with or
 * without its last token, which nothing reads. Without ids in the reference it is the line's own tokens,
 * a target without its last one.
 */
struct given_request {
	enum task task;
	const struct generation *generation;
	bool all_steps;
	long vocabulary[2], positions; /* by side; of either */
};

struct given {
	struct tokens tokens[2]; /* at the positions of each side */
	struct steps steps;	 /* where the line says what is predicted */
	int arrays;		 /* of ids that were compared */
	int taken;		 /* tokens that the reference has behind the line's */
	const char *differs; /* the array of ids that differs first, at this position; NULL: none */
	int at;
	enum side side;
	struct tokens here, there; /* its ids */
};

/* The tokens of a line, with lists in the arena. Dies where the reference has ids that the model does
 * not have. */
struct given given_tokens(const struct given_request *q, const struct sentence_line *line,
	struct reference *r, struct arena *a);

#endif
