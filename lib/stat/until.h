/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_UNTIL_H
#define LRP_STAT_UNTIL_H

#include <stdbool.h>

#include "stat/average.h"

/*
 * Reading sentences until the 95 % interval of every head is narrow enough. Whoever looks at an
 * interval after each sentence, and stops where it is narrow, stops more often where the spread
 * was underestimated by chance, most of all early. So no fewer than UNTIL_LEAST sentences are
 * read. By simulation (tests/coverage.py until), with one head whose values are as skewed as a
 * lognormal of skewness 4, and a width that 50 to 120 sentences reach, intervals hold the mean in 75 to 79 %
 * of the cases with no least number, in 82 to 86 % with 10 and in 88 to 92 % with 50, against 90 %
 * at a fixed number; of eight heads, all of which have to be narrow, in 93 %.
 */
enum { UNTIL_LEAST = 50 };

struct until {
	double half_width; /* low and high are to be so near the mean, or nearer; NaN: read to the end */
	int site;	   /* the head that was found wider last, which is looked at first */
	long head;
};

/* Is it reached by all heads, with enough sentences to stop? They must be closed. */
bool until_reached(struct until *u, const struct averages *all);

/*
 * The key `until` of the header of the result: what was asked for, was it reached, and the largest
 * half-width of all heads. Where the text was read to its end, the least number of sentences does not matter. The same as a message, unless `quiet`.
 */
void until_draft(struct until *u, const struct averages *all, struct draft *d, bool quiet);

#endif
