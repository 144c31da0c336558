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
	in->target = *target;
}

/* A text and its continuation, predicted from the first token on. */
static void put_all(struct input *in, const struct sentence_line *line, struct arena *a)
{
	const struct tokens *text = &line->source, *target = &line->target;
	struct tokens first = { .ids = text->ids, .count = 1 }, rest = { 0 };

	rest.count = text->count - 1 + target->count;
	rest.ids = arena_array(a, (size_t)rest.count, sizeof *rest.ids);
	memcpy(rest.ids, text->ids + 1, (size_t)(text->count - 1) * sizeof *rest.ids);
	if (target->count)
		memcpy(rest.ids + text->count - 1, target->ids,
			(size_t)target->count * sizeof *rest.ids);
	put_before(in, &first, &rest, a);
}

/* The text with the token at one place masked, which is the target. */
static void put_mask(
	struct input *in, const struct tokens *text, int at, int32_t mask, struct arena *a)
{
	int32_t *ids = arena_array(a, (size_t)text->count, sizeof *ids);

	memcpy(ids, text->ids, (size_t)text->count * sizeof *ids);
	ids[at] = mask;
	in->tokens[SOURCE] = (struct tokens){ .ids = ids, .count = text->count };
	in->target = (struct tokens){ .ids = &text->ids[at], .count = 1 };
	in->steps = steps_at(SOURCE, &in->tokens[SOURCE], mask, a);
}

static int mask_each(
	const struct input_request *q, const struct tokens *text, struct input *in, struct arena *a)
{
	int count = 0;

	for (int i = 0; i < text->count; i++) {
		if (ids_hold(&q->generation->special, text->ids[i]))
			continue;
		in[count] = (struct input){ .first_step = count };
		put_mask(&in[count++], text, i, (int32_t)q->generation->mask_token_id, a);
	}
	return count;
}

int inputs_of(const struct input_request *q, const struct sentence_line *line, struct input **out,
	struct arena *a)
{
	int32_t first = (int32_t)q->generation->decoder_start_token_id;
	struct tokens start = { .ids = &first, .count = 1 };
	size_t most = q->mask_each ? (size_t)line->source.count : 1;
	struct input *in = *out = arena_zero(a, most, sizeof *in);

	if (q->mask_each)
		return mask_each(q, &line->source, in, a);
	if (q->task != CONTINUE)
		in->tokens[SOURCE] = line->source;
	if (q->task == FILL) {
		in->steps = steps_at(
			SOURCE, &in->tokens[SOURCE], (int32_t)q->generation->mask_token_id, a);
		in->target = line->target;
	} else if (q->all_steps) {
		put_all(in, line, a);
	} else {
		put_before(in, q->task == TRANSLATE ? &start : &line->source, &line->target, a);
	}
	return 1;
}
