/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_REQUEST_H
#define LRP_SWEEP_REQUEST_H

#include <stdbool.h>

#include "graph/graph.h"
#include "op/model.h"
#include "op/rule.h"

/* Where a step's relevance starts: its top-1 logit, the token that was forced, or a given id. */
enum start_at { START_TOP, START_FORCED, START_ID };

/* What lrp-layer and head-carry are asked for. */
struct layer_request {
	const struct graph *graph;
	struct weight_source weights;
	const struct rule *rule;
	const bool *site; /* one a node */
	enum start_at start;
	int32_t id;      /* START_ID */
	bool from_logit; /* start with the logit instead of 1 */
	double max_leak; /* of a step's start; < 0: the rule's own limit */
	int threads;
};

#endif
