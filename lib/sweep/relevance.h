/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_RELEVANCE_H
#define LRP_SWEEP_RELEVANCE_H

#include <stdbool.h>

#include "graph/graph.h"
#include "op/model.h"
#include "op/rule.h"
#include "stream/stream.h"

/* Where a step's relevance starts: its top-1 logit, the token that was forced, or a given id. */
enum start_at { START_TOP, START_FORCED, START_ID };

/* What lrp-layer is asked for. */
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

/*
 * lrp-layer in one precision: `open` prepares the sweep of a segment's records, `record` sweeps one
 * trace record and writes its relevance records, `report` says on stderr what became of the
 * relevance at each site, over all records since `open`.
 */
struct layer_engine {
	struct layer *(*open)(const struct layer_request *request);
	void (*record)(struct layer *l, const struct record *trace, struct outstream *out);
	void (*report)(const struct layer *l);
};
extern const struct layer_engine layer_engine_f32, layer_engine_f64;

#endif
