/* SPDX-License-Identifier: Apache-2.0 */
#include "network/layout.h"

/* The side whose positions the rows have. */
static enum side side_of(const struct block *b, int reach)
{
	return reach < REACH_ALL ? b->sentence->steps.side : (enum side)(reach - REACH_ALL);
}

/* Positions from .. to-1 of a step, by reach. */
static long from_position(const struct block *b, int reach, long step)
{
	return reach == REACH_OWN ? step_from(&b->sentence->steps, b->first + step) : 0;
}

static long to_position(const struct block *b, int reach, long step)
{
	return reach < REACH_ALL ? b->sentence->steps.position[b->first + step] + 1
				 : b->sentence->rows[reach - REACH_ALL];
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

static struct layout layout(const struct block *b, int reach)
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
	index_positions(&l, b->sentence->rows[side_of(b, reach)], b->arena);
	return l;
}

/* Where the rows of one layout are in a larger one. */
static int *rows_in(const struct block *b, const struct layout *from, const struct layout *to)
{
	int *rows = arena_array(b->arena, (size_t)from->rows, sizeof *rows);

	for (long row = 0; row < from->rows; row++) {
		long first = to->start[from->step[row]];

		rows[row] = (int)(first + from->position[row] - to->position[first]);
	}
	return rows;
}

void layout_block(struct block *b)
{
	int all = REACH_ALL + (int)b->sentence->steps.side;

	for (int reach = 0; reach < REACHES; reach++)
		b->layout[reach] = layout(b, reach);
	b->row_in[REACH_OWN][REACH_PREFIX] =
		rows_in(b, &b->layout[REACH_OWN], &b->layout[REACH_PREFIX]);
	for (int reach = REACH_OWN; reach <= REACH_PREFIX; reach++)
		b->row_in[reach][all] = rows_in(b, &b->layout[reach], &b->layout[all]);
}
