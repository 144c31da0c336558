/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_COMPARE_COMPARE_WRITE_H
#define LRP_COMPARE_COMPARE_WRITE_H

#include <stdio.h>

#include "compare/agreement.h"
#include "stream/stream.h"

/* All that is known of two sides. */
struct head_comparison {
	const struct compared_side *a, *b;
	const struct matched_heads *heads;
	const struct paired *sentences;
	const struct head_difference *difference;
	const struct agreement *agreement;
	const double *adjusted; /* p-values of all heads, by Holm; NULL: not asked for */
	const char *name_a, *name_b;
};

/*
 * What tells the sides apart, "rule attnlrp" and "rule cp": where headers differ in names of models, rules, norms or measures, these;
 * else the files. Warns where differences are of numbers that have no unit in common.
 */
void compare_name(struct head_comparison *c, bool quiet);

/* As a stream of averages with the keys `compared` and `agreement` in its header (FORMAT.md). */
void compare_put(struct outstream *out, const struct head_comparison *c);

/* As text: the sides, how far they agree, and the heads, the largest difference first. */
void compare_table(FILE *to, const struct head_comparison *c);

#endif
