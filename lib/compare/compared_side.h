/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_COMPARE_COMPARED_SIDE_H
#define LRP_COMPARE_COMPARED_SIDE_H

#include <stdbool.h>

#include "stat/average.h"
#include "stat/left_out_counts.h"

/* One of two streams that are compared, read to its end. */
struct compared_side {
	const char *file;     /* its name, or <stdin> */
	struct record header; /* of its first segment; it lives as long as this */
	const char *pruned;   /* heads that were taken out of its model; NULL: none */
	/* Of heads, which have sentences, whose sums are kept; else of averages, sums alone. */
	bool has_sentences;
	struct averages all; /* in the order of sites */
	struct left_out_counts left_out;
};

/* Read heads or averages from a file or "-". Dies where segments disagree on what their numbers mean, where
 * heads and averages are mixed, and where nothing came. */
struct compared_side *compared_read(const char *file);

/* A copy of a finished draft as a record that lives as long as the process. */
struct record compared_record(struct draft *d);

#endif
