/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REFERENCE_LINE_REPORT_H
#define LRP_REFERENCE_LINE_REPORT_H

#include "reference/line_check.h"
#include "token/tokenizer.h"

/* What is found of a line, on standard output; `number` counts lines from 1 on. */

/* One line: how many arrays agree, how far the largest difference and that of the logits are. */
void report_sum(const struct graph *g, const struct line_check *c, long number, struct arena *a);

/* Behind it, where something is off: what is first, what agrees before it, what lies between. */
void report_first(const struct graph *g, const struct line_check *c, struct arena *a);

/* Every array, in the order in which nodes are computed. */
void report_all(const struct graph *g, const struct line_check *c);

/* Where ids differ, both. */
void report_ids(
	const struct given *g, const struct given_request *q, struct tokenizer *t, long number);

#endif
