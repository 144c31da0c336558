/* SPDX-License-Identifier: Apache-2.0 */
#include "request/trace.h"

#include "base/die.h"
#include "record/drawn.h"

const char *side_key(enum side side)
{
	return side == SOURCE ? "source" : "inputs";
}

/* Every position of a side as a step. */
static struct steps steps_of_side(const struct trace *t, enum side side)
{
	struct steps s = { .side = side, .count = t->rows[side] };
	int *position = arena_array(t->record->arena, (size_t)s.count, sizeof *position);

	for (long i = 0; i < s.count; i++) {
		position[i] = (int)i;
		s.prefixes += (double)i + 1;
	}
	s.position = position;
	return s;
}

struct steps steps_at(enum side side, const struct tokens *t, int32_t id, struct arena *a)
{
	int *position = arena_array(a, (size_t)t->count, sizeof *position);
	struct steps s = { .side = side, .position = position };

	for (int i = 0; i < t->count; i++)
		if (t->ids[i] == id)
			position[s.count++] = i;
	return s;
}

/* The list `positions`; without it every position is a step. */
static struct steps read_steps(const struct trace *t, enum side side)
{
	struct steps s = { .side = side };

	if (!record_has(t->record, "positions"))
		return steps_of_side(t, side);
	const msgpack_object *list = record_list(t->record, "positions");
	int *position = arena_array(t->record->arena, list->via.array.size, sizeof *position);
	for (; s.count < (long)list->via.array.size; s.count++) {
		const msgpack_object *x = &list->via.array.ptr[s.count];
		uint64_t least = s.count ? (uint64_t)position[s.count - 1] + 1 : 0;

		if (x->type != MSGPACK_OBJECT_POSITIVE_INTEGER || x->via.u64 < least ||
			x->via.u64 >= (uint64_t)t->rows[side])
			die("'positions' are to grow from 0 to %ld, one a step", t->rows[side] - 1);
		position[s.count] = (int)x->via.u64;
		s.prefixes += position[s.count] + 1;
	}
	s.position = position;
	return s;
}

/* All of the record's steps are here. */
static void take_all(struct trace *t)
{
	int *step = arena_array(t->record->arena, (size_t)t->steps.count, sizeof *step);

	for (long i = 0; i < t->steps.count; i++)
		step[i] = (int)i;
	t->step = step;
	t->of = t->steps.count;
}

void trace_take_positions(struct trace *t, enum side side)
{
	t->steps = steps_of_side(t, side);
	take_all(t);
}

void trace_take_steps(struct trace *t, const int *step, long count)
{
	struct arena *a = t->record->arena;
	int *position = arena_array(a, (size_t)count, sizeof *position);
	struct steps s = { .side = t->steps.side, .count = count, .position = position };
	struct tokens target = { .count = (int)count };

	target.ids = arena_array(a, (size_t)count, sizeof *target.ids);
	if (t->target.pieces)
		target.pieces = arena_array(a, (size_t)count, sizeof *target.pieces);
	for (long i = 0; i < count; i++) {
		position[i] = t->steps.position[step[i]];
		s.prefixes += position[i] + 1;
		target.ids[i] = t->target.ids[step[i]];
		if (t->target.pieces)
			target.pieces[i] = t->target.pieces[step[i]];
	}
	t->steps = s;
	t->target = target;
	t->step = step;
}

struct trace trace_sums(const struct trace *each)
{
	struct arena *a = each->record->arena;
	long steps = each->steps.count, count = (steps + SUMMED_STEPS - 1) / SUMMED_STEPS;
	int *from = arena_array(a, (size_t)count, sizeof *from);
	int *position = arena_array(a, (size_t)count, sizeof *position);
	int *step = arena_array(a, (size_t)count, sizeof *step);
	long *summed = arena_array(a, (size_t)count, sizeof *summed);
	struct trace t = *each;

	t.steps = (struct steps){ each->steps.side, count, position, 0, from };
	for (long i = 0; i < count; i++) {
		long first = i * SUMMED_STEPS, left = steps - first;

		summed[i] = left < SUMMED_STEPS ? left : SUMMED_STEPS;
		step[i] = (int)first;
		from[i] = each->steps.position[first];
		position[i] = each->steps.position[first + summed[i] - 1];
		t.steps.prefixes += position[i] + 1;
	}
	t.each = each;
	t.summed = summed;
	t.step = step;
	t.of = count;
	return t;
}

bool trace_is_drawn(const struct trace *t)
{
	return t->steps.count < t->of;
}

void trace_write_steps(struct draft *d, const struct trace *t, long first)
{
	if (t->each) {
		draft_int(d, "first_step", t->first_step + t->step[first]);
		draft_int(d, "summed", t->summed[first]);
	} else if (trace_is_drawn(t))
		draft_drawn(d, t->step, t->steps.count, t->of, first);
	else
		draft_int(d, "first_step", t->first_step + first);
}

long trace_first_step(const struct record *r)
{
	long first = record_has(r, "first_step") ? record_int(r, "first_step") : 0;

	if (first < 0 || first > INT32_MAX)
		die("'first_step' is %ld", first);
	return first;
}

struct trace trace_read(const struct graph *g, const struct record *r)
{
	struct trace t = {
		.record = r, .target = record_tokens(r, "target"), .first_step = trace_first_step(r)
	};

	for (enum side side = SOURCE; side <= TARGET; side++) {
		if (!graph_has_side(g, side))
			continue;
		t.tokens[side] = record_tokens(r, side_key(side));
		t.rows[side] = t.tokens[side].count;
		if (t.rows[side] < 1)
			die("a trace needs at least one token in '%s'", side_key(side));
	}
	t.steps = read_steps(&t, graph_steps(g));
	if (t.steps.count < 1)
		die("a trace needs at least one step");
	if (t.target.count != t.steps.count)
		die("%ld positions in '%s' for %d steps in 'target'", t.steps.count,
			side_key(t.steps.side), t.target.count);
	take_all(&t);
	return t;
}
