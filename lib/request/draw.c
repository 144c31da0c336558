/* SPDX-License-Identifier: Apache-2.0 */
#include "request/draw.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/die.h"
#include "base/random.h"

static void put_bytes(XXH3_state_t *hash, uint64_t x, int bytes)
{
	unsigned char at[8];

	for (int i = 0; i < bytes; i++)
		at[i] = (unsigned char)(x >> 8 * i);
	XXH3_64bits_update(hash, at, (size_t)bytes);
}

static void put_tokens(XXH3_state_t *hash, const struct tokens *t)
{
	put_bytes(hash, (uint64_t)t->count, 8);
	for (int i = 0; i < t->count; i++)
		put_bytes(hash, (uint64_t)t->ids[i], 4);
}

uint64_t draw_state(const struct trace *t, uint64_t seed)
{
	struct tokens target = record_tokens(t->record, "target"); /* of all its steps */
	XXH3_state_t *hash = XXH3_createState();

	if (!hash)
		die("out of memory");
	XXH3_64bits_reset_withSeed(hash, seed);
	put_tokens(hash, &t->tokens[SOURCE]);
	put_tokens(hash, &t->tokens[TARGET]);
	put_tokens(hash, &target);
	uint64_t value = XXH3_64bits_digest(hash);
	XXH3_freeState(hash);
	return value;
}

struct lot {
	uint64_t number;
	int step;
};

/* Equal numbers, which hardly come, in the order of the steps. */
static int by_number(const void *a, const void *b)
{
	const struct lot *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->step - y->step;
}

static int by_step(const void *a, const void *b)
{
	return ((const struct lot *)a)->step - ((const struct lot *)b)->step;
}

void draw_some(uint64_t state, int *step, long count, long of)
{
	struct lot *lot = must_alloc((size_t)of, sizeof *lot);

	for (long i = 0; i < of; i++)
		lot[i] = (struct lot){ random_next(&state), (int)i };
	qsort(lot, (size_t)of, sizeof *lot, by_number);
	qsort(lot, (size_t)count, sizeof *lot, by_step);
	for (long i = 0; i < count; i++)
		step[i] = lot[i].step;
	free(lot);
}

void draw_steps(const struct draw *q, struct trace *t)
{
	if (q->most < 0)
		return;
	if (t->first_step)
		die("sentence %ld has several traces, as of --mask-each, and --steps draws from one; "
		    "leave it out",
			record_int(t->record, "sentence"));
	if (t->steps.count <= q->most)
		return;
	int *step = arena_array(t->record->arena, (size_t)q->most, sizeof *step);
	draw_some(draw_state(t, q->seed), step, q->most, t->steps.count);
	trace_take_steps(t, step, q->most);
}
