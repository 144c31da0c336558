/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_SENTENCE_ROWS_H
#define LRP_STAT_SENTENCE_ROWS_H

#include <stdint.h>

/* A sentence: the segment of the stream that it is in, its number there, its steps, the hash of its text (0: not known). */
struct sentence_row {
	long segment, line, steps;
	uint64_t text;
};

/* The sums of the heads of a site over the steps of each sentence. All zero bytes are none. */
struct sentence_rows {
	struct sentence_row *at;
	double *y; /* [count, heads] */
	long count, room;
};

/* One more sentence; the room for the sums of its heads, which the caller fills. */
double *sentence_rows_add(struct sentence_rows *s, struct sentence_row row, long heads);

void sentence_rows_free(struct sentence_rows *s);

#endif
