/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FORWARD_INPUT_H
#define LRP_FORWARD_INPUT_H

#include "graph/task.h"
#include "model/generation.h"
#include "request/trace.h"
#include "token/lines.h"

/* What a network is given of a line, and where it predicts: graph/task.h. */
struct input {
	struct tokens tokens[2]; /* at the positions of each side */
	struct steps steps;
	struct tokens
		target; /* what the steps are held to; count 0: masks that the line says nothing of */
	long first_step; /* of the line's steps */
};

/* How lines become inputs. */
struct input_request {
	enum task task;
	const struct generation *generation;
	bool all_steps; /* CONTINUE: the text's own tokens are predicted too, but for the first */
	bool mask_each; /* FILL: each token of text in turn is masked, in an input of its own */
};

/*
 * The inputs of a line with its target: one, or one for each token that is masked. Their number; they
 * and the lists in the arena.
 */
int inputs_of(const struct input_request *q, const struct sentence_line *line, struct input **in,
	struct arena *a);

#endif
