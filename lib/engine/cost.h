/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ENGINE_COST_H
#define LRP_ENGINE_COST_H

#include "carried/meeting.h"

/*
 * What a sentence takes in multiplications, where some of its steps are drawn: for 1, 2, ... steps,
 * from 4 on a quarter more each time, and last for all of them. The same for any number of them
 * are its forward pass, with logits at all steps; another, as translations and continuations are
 * generated first, which texts with targets are spared; values that the trace does not hold; and the
 * rule's coefficients. The way of the heads is the cheapest for as many steps.
 */
struct costs {
	long rows;
	double *cost; /* [rows, 2], of the record's arena: steps, multiplications */
};

/*
 * Of a trace with all its steps. `need`: the values that the sweep reads, `at`: where it meets;
 * `meet` as `only` of meeting_plan().
 */
struct costs costs_of(struct network *net, const struct request *asked, const struct trace *t,
	const bool *need, const struct meeting *at, int meet);

#endif
