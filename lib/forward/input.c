/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/input.h"

#include <string.h>

/* The tokens in front, then the target without its last token; a step at each of the last ones. */
static void put_before(
	struct input *in, const struct tokens *front, const struct tokens *target, struct arena *a)
{
	int count = front->count + target->count - 1;
	int *position = arena_array(a, (size_t)target->count, sizeof *position);
	int32_t *ids = arena_array(a, (size_t)count, sizeof *ids);

	memcpy(ids, front->ids, (size_t)front->count * sizeof *ids);
	memcpy(ids + front->count, target->ids, (size_t)(target->count - 1) * sizeof *ids);
	for (int t = 0; t < target->count; t++)
		position[t] = front->count - 1 + t;
	in->tokens[TARGET] = (struct tokens){ .ids = ids, .count = count };
	in->steps = (struct steps){ .side = TARGET, .count = target->count, .position = position };
}

static void find_masks(struct input *in, int32_t mask, struct arena *a)
{
	const struct tokens *text = &in->tokens[SOURCE];
	int *position = arena_array(a, (size_t)text->count, sizeof *position);

	in->steps = (struct steps){ .side = SOURCE, .position = position };
	for (int i = 0; i < text->count; i++)
		if (text->ids[i] == mask)
			position[in->steps.count++] = i;
}

struct input input_of(enum task task, const struct generation *g, const struct sentence_line *line,
	struct arena *a)
{
	int32_t first = (int32_t)g->decoder_start_token_id;
	struct tokens start = { .ids = &first, .count = 1 };
	struct input in = { .tokens = { { 0 } } };

	if (task != CONTINUE)
		in.tokens[SOURCE] = line->source;
	if (task == FILL)
		find_masks(&in, (int32_t)g->mask_token_id, a);
	else
		put_before(&in, task == TRANSLATE ? &start : &line->source, &line->target, a);
	return in;
}
