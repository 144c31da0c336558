/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RECORD_DRAWN_H
#define LRP_RECORD_DRAWN_H

#include "record/draft.h"
#include "record/record.h"

/*
 * Which steps of its sentence the rows of a record are: all from `first_step` on, or some that were
 * drawn (`drawn`, `first_drawn`, `of`; FORMAT.md), or one row that is the sum of `summed` steps from
 * `first_step` on. A sentence may have several records.
 */
struct drawn {
	long first; /* rows of the sentence in the records before this one */
	long rows;  /* of this one; where its one row is the sum of steps, how many */
	/* Where they were drawn: how many of how many steps, and which, growing. Else 0, 0, NULL: all
	 * are there, and only the records together say how many they are. */
	long count, of;
	const int *step;
};

/* How many steps the rows of a record are: those of `summed`, where its one row is their sum. */
long record_summed(const struct record *r, long rows);

/* Of a record of so many rows; dies where its keys cannot be. */
struct drawn record_drawn(const struct record *r, long rows);

/* The number of the step that a row of the record is. */
long drawn_step(const struct drawn *d, long row);

/* Write that the rows are of the `count` drawn ones of `of` steps, from the `first` of these on. */
void draft_drawn(struct draft *d, const int *step, long count, long of, long first);

/* A sentence whose records come one after another: rows so far, and what its first record says. */
struct drawn_sum {
	long rows, count, of;
};

/*
 * A record of the sentence comes: it must go on where the one before ended, with the same draw.
 * Dies where not, naming sentence and site; all zero bytes are a sentence that begins.
 */
void drawn_add(struct drawn_sum *s, const struct drawn *d, long sentence, const char *site);

/*
 * The sentence is whole; dies where drawn steps are missing. How many steps it has: all of them, of
 * which s->rows are here.
 */
long drawn_end(const struct drawn_sum *s, long sentence, const char *site);

#endif
