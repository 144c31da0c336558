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
};

/* Of a line with its target; a mask's may be missing. */
struct input input_of(enum task task, const struct generation *g, const struct sentence_line *line,
	struct arena *a);

#endif
