/* SPDX-License-Identifier: Apache-2.0 */
/* How the steps of a sentence are parted into blocks. */
#include "backward/backward.h"

/* A block holds about this many rows: enough for fast matrix products, few enough for the cache. */
enum { BLOCK_ROWS = 256, BLOCK_STEPS = 8 };

/* The most rows of relevance that a step has at nodes of each side; all: of every position. */
struct step_rows {
	const struct sentence *sentence;
	bool all[2];
};

static struct step_rows step_rows_of(const struct sentence *s)
{
	struct step_rows r = { .sentence = s };

	for (int i = 0; i < s->network->graph->nodes; i++)
		if (s->reach[i] >= REACH_ALL)
			r.all[s->reach[i] - REACH_ALL] = true;
	return r;
}

static void add_step(const struct step_rows *r, long step, long rows[2])
{
	const struct sentence *s = r->sentence;

	for (enum side side = SOURCE; side <= TARGET; side++)
		rows[side] += r->all[side]	      ? s->rows[side]
			      : side == s->steps.side ? s->steps.position[step] + 1
						      : 0;
}

/* Of the steps from `first` on as many as have so many rows together, or few more. */
static long steps_of_rows(const struct step_rows *r, long first, long all, long most)
{
	long steps = 0, rows[2] = { 0, 0 };

	for (; steps < all && (steps < BLOCK_STEPS || (rows[0] <= most && rows[1] <= most));
		steps++)
		add_step(r, first + steps, rows);
	return steps;
}

/* Blocks have about the same number of rows, so that threads have as much to do as one another. */
long backward_steps(const struct sentence *s, long first, long all)
{
	struct step_rows r = step_rows_of(s);
	long blocks = 0, rows[2] = { 0, 0 };

	for (long at = 0; at < all; blocks++)
		at += steps_of_rows(&r, first + at, all - at, BLOCK_ROWS);
	for (long at = 0; at < all; at++)
		add_step(&r, first + at, rows);
	long most = rows[0] > rows[1] ? rows[0] : rows[1];

	return steps_of_rows(&r, first, all, (most - 1) / (blocks ? blocks : 1));
}
