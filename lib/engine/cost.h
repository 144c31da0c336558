/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ENGINE_COST_H
#define LRP_ENGINE_COST_H

#include "carried/meeting.h"
#include "record/draft.h"

/*
 * What a sentence takes in multiplications, where some of its steps are drawn: for 1, 2, ... steps,
 * from 4 on a quarter more each time, and last for all of them. Its forward pass (logits at all
 * steps; nothing for generating) is the same for each; the way of the heads is the cheapest for as
 * many steps. Into key `cost` [rows, 2]: steps, multiplications.
 */
struct costs {
	long rows;
	double *cost; /* [rows, 2], of the record's arena */
};

/* Of a trace with all its steps; `meet` as `only` of meeting_plan(). */
struct costs costs_of(
	struct network *net, const struct request *asked, const struct trace *t, int meet);

#endif
