/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/given.h"

#include <string.h>

#include "base/die.h"

/* The tokens of a side: what a line says of them, and how its list may end in the reference. */
struct whole {
	struct tokens tokens;
	int front;	   /* that stand before what is predicted */
	bool last_unread;  /* the last one is predicted alone: a model need not read it */
	bool goes_on;	   /* others may follow */
	const char *array; /* NULL: the side has none */
};

static struct tokens join(struct tokens front, struct tokens back, struct arena *a)
{
	struct tokens t = { .count = front.count + back.count };

	t.ids = arena_array(a, (size_t)t.count, sizeof *t.ids);
	memcpy(t.ids, front.ids, (size_t)front.count * sizeof *t.ids);
	if (back.count)
		memcpy(t.ids + front.count, back.ids, (size_t)back.count * sizeof *t.ids);
	return t;
}

static struct whole whole_of(const struct given_request *q, const struct sentence_line *line,
	enum side side, struct arena *a)
{
	int32_t first = (int32_t)q->generation->decoder_start_token_id;
	struct tokens start = { .ids = &first, .count = 1 };
	bool target = line->target.count > 0;
	struct whole w = { .tokens = line->source, .array = "input_ids" };

	if (side == SOURCE)
		w.array = q->task == CONTINUE ? NULL : w.array;
	else if (q->task == FILL)
		w.array = NULL;
	if (side == SOURCE || !w.array)
		return w;
	if (q->task == TRANSLATE) {
		w.array = "decoder_input_ids";
		w.tokens = start;
	}
	w.front = q->all_steps ? 1 : w.tokens.count;
	w.last_unread = target || (q->all_steps && w.tokens.count > 1);
	w.goes_on = !target;
	w.tokens = join(w.tokens, line->target, a);
	return w;
}

/* The first position at which the lists are not what they may be to each other; -1: there is none. */
static int first_difference(const struct whole *w, const struct tokens *there)
{
	int here = w->tokens.count, both = here < there->count ? here : there->count;

	for (int i = 0; i < both; i++)
		if (w->tokens.ids[i] != there->ids[i])
			return i;
	if (there->count < here - (w->last_unread ? 1 : 0) || !there->count)
		return there->count;
	return there->count > here && !w->goes_on ? here : -1;
}

static void check_ids(
	const struct given_request *q, enum side side, const struct tokens *t, const char *what)
{
	if (t->count > q->positions)
		die("%s has %d ids; the model has positions for %ld", what, t->count, q->positions);
	for (int i = 0; i < t->count; i++) {
		if (t->ids[i] < 0 || t->ids[i] >= q->vocabulary[side])
			die("%s has the id %d at position %d; the model's are 0 to %ld", what,
				t->ids[i], i, q->vocabulary[side] - 1);
		if (t->ids[i] == q->generation->placeless)
			die("%s has the padding, %d, at position %d, which has no position in this "
			    "model",
				what, t->ids[i], i);
	}
}

/* A batch of one has a dimension of 1 more. */
static struct tokens read_ids(struct reference *r, const struct array *x, struct arena *a)
{
	const char *what = array_place(r, x, a);
	struct tensor t = array_read(r, x, a);

	for (int i = 0; i + 1 < t.dimensions; i++)
		if (t.shape[i] != 1)
			die("%s has the shape %s; ids are those of one text", what,
				tensor_shape_text(&t, a));
	if (t.type[1] != 'i')
		die("%s is of the type '%s'; ids are whole numbers", what, t.type);
	if (t.count > INT32_MAX)
		die("%s is too long", what);
	return (struct tokens){ .ids = (int32_t *)tensor_ints(&t, a, x->whole),
		.count = (int)t.count };
}

/* From the last token in front on, as many as the line has tokens to predict, or as there are. */
static void find_steps(struct given *g, const struct whole *w, struct arena *a)
{
	int count = g->tokens[TARGET].count, first = w->front - 1;
	int steps = w->last_unread ? w->tokens.count - w->front : count - first;
	int *position;

	if (steps > count - first)
		steps = count - first;
	position = arena_array(a, (size_t)steps, sizeof *position);
	for (int i = 0; i < steps; i++)
		position[i] = first + i;
	g->steps = (struct steps){ .side = TARGET, .count = steps, .position = position };
}

/* False: the ids differ. */
static bool give_side(struct given *g, const struct given_request *q, enum side side,
	const struct whole *w, struct arrays list, struct reference *r, struct arena *a)
{
	struct array *x = arrays_find(list, w->array);
	struct tokens *t = &g->tokens[side];

	*t = w->tokens;
	if (!x) {
		t->count -= w->last_unread;
		return true;
	}
	g->arrays++;
	x->fate = COMPARED;
	*t = read_ids(r, x, a);
	g->at = first_difference(w, t);
	if (g->at < 0) {
		g->taken += t->count > w->tokens.count ? t->count - w->tokens.count : 0;
		check_ids(q, side, t, array_place(r, x, a));
		return true;
	}
	g->differs = x->whole;
	g->side = side;
	g->here = w->tokens;
	g->there = *t;
	return false;
}

struct given given_tokens(const struct given_request *q, const struct sentence_line *line,
	struct reference *r, struct arena *a)
{
	struct arrays list = reference_line(r, line->number);
	struct given g = { .differs = NULL };

	for (enum side side = SOURCE; side <= TARGET; side++) {
		struct whole w = whole_of(q, line, side, a);

		if (!w.array)
			continue;
		if (!give_side(&g, q, side, &w, list, r, a))
			return g;
		if (side == TARGET)
			find_steps(&g, &w, a);
	}
	if (q->task == FILL)
		g.steps = steps_at(
			SOURCE, &g.tokens[SOURCE], (int32_t)q->generation->mask_token_id, a);
	return g;
}
