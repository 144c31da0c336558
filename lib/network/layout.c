/* SPDX-License-Identifier: Apache-2.0 */
#include "network/layout.h"

/* Positions from .. to-1 of a step, by reach. */
static long from_position(const struct block *b, enum reach reach, long step)
{
	long own = b->first + step, last = b->sentence->rows[TARGET] - 1;

	return reach != REACH_OWN ? 0 : own < last ? own : last;
}

static long to_position(const struct block *b, enum reach reach, long step)
{
	const long *rows = b->sentence->rows;
	long own = b->first + step +
		   1; /* of a step that starts in the source: past the target's end? */

	return reach == REACH_ALL ? rows[SOURCE] : own < rows[TARGET] ? own : rows[TARGET];
}

/* List the rows by position: a counting sort. */
static void index_positions(struct layout *l, long positions, struct arena *a)
{
	l->first = arena_zero(a, (size_t)positions + 2, sizeof *l->first);
	l->of_position = arena_array(a, (size_t)l->rows, sizeof *l->of_position);
	for (long row = 0; row < l->rows; row++)
		l->first[l->position[row] + 2]++;
	for (long p = 2; p < positions + 2; p++)
		l->first[p] += l->first[p - 1];
	for (long row = 0; row < l->rows; row++)
		l->of_position[l->first[l->position[row] + 1]++] = (int)row;
}

static struct layout layout(const struct block *b, enum reach reach)
{
	struct layout l = { 0 };
	long row = 0;

	l.start = arena_zero(b->arena, (size_t)b->steps + 1, sizeof *l.start);
	for (long s = 0; s < b->steps; s++)
		l.start[s + 1] = l.start[s] + to_position(b, reach, s) - from_position(b, reach, s);
	l.rows = l.start[b->steps];
	l.step = arena_array(b->arena, (size_t)l.rows, sizeof *l.step);
	l.position = arena_array(b->arena, (size_t)l.rows, sizeof *l.position);
	for (long s = 0; s < b->steps; s++)
		for (long p = from_position(b, reach, s); p < to_position(b, reach, s);
			p++, row++) {
			l.step[row] = (int)s;
			l.position[row] = (int)p;
		}
	index_positions(&l, b->sentence->rows[reach == REACH_ALL ? SOURCE : TARGET], b->arena);
	return l;
}

void layout_block(struct block *b)
{
	for (int reach = REACH_OWN; reach < REACHES; reach++)
		b->layout[reach] = layout(b, (enum reach)reach);
	b->own_in_prefix = arena_array(b->arena, (size_t)b->steps, sizeof *b->own_in_prefix);
	for (long s = 0; s < b->steps; s++)
		b->own_in_prefix[s] = (int)b->layout[REACH_PREFIX].start[s + 1] - 1;
}
