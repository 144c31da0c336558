/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_LEFT_OUT_COUNTS_H
#define LRP_STAT_LEFT_OUT_COUNTS_H

#include <stdbool.h>

#include "record/draft.h"
#include "record/record.h"

/* How many lines of the text an average left out, by reason. All zero bytes: none. */
struct left_out_counts {
	struct left_out_count {
		char *reason;
		long count;
	} * at;
	int count;
};

/* Count a record of a line that was left out; add what the header of an average counts. */
void left_out_add(struct left_out_counts *all, const struct record *r);
void left_out_add_header(struct left_out_counts *all, const struct record *header);

/* Do two have the same counts? They are sorted on the way. */
bool left_out_same(struct left_out_counts *a, struct left_out_counts *b);

/* Write them as `left_out`, in the order of the reasons' letters; nothing where there are none. */
void left_out_draft(struct left_out_counts *all, struct draft *d);

#endif
