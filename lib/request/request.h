/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REQUEST_REQUEST_H
#define LRP_REQUEST_REQUEST_H

#include <stdbool.h>

#include "ckpt/weights.h"
#include "graph/graph.h"
#include "request/draw.h"
#include "rule/rule.h"

/* A neuron of the logits: a step's highest or second highest, the forced token's, one that is drawn
 * from softmax(z), or a given one. */
struct start_token {
	enum { START_TOP1, START_TOP2, START_FORCED, START_SAMPLE, START_ID } at;
	uint64_t seed;	   /* START_SAMPLE */
	int32_t id;	   /* START_ID */
	const char *piece; /* of START_ID; NULL: not known */
};

/* Where a step's relevance starts, and with how much. */
struct start_request {
	struct start_token token[2]; /* the second starts with the opposite sign */
	int tokens;
	enum { SIZE_ONE, SIZE_LOGIT, SIZE_LOSS } size;
	const char *from;      /* a node instead of the logits, NULL: the logits */
	long position, neuron; /* of `from`; -1: each step's own position; all neurons */
};

/* What lrp-layer and head-carry are asked for. */
struct request {
	const struct graph *graph;
	struct weight_source weights;
	struct checkpoint *checkpoint; /* the one that is open; NULL: none yet */
	const struct rule *rule;
	const bool *site; /* one a node */
	struct start_request start;
	const struct checkpoint
		*named;	     /* where the pieces of `start` are from; NULL: nowhere yet */
	const char *to;	     /* with keep: the node at which the sweep stops, to be gone on with */
	bool resumes;	     /* go on with sweeps that stopped (the records have a frontier) */
	const char *stopped; /* where they did, NULL: they begin here */
	struct draw draw;    /* the steps of a sentence that are swept */
	bool sums;	     /* sweep the sums of a sentence's steps, not each of them */
	double max_leak;     /* of a step's start; < 0: the rule's own limit */
	struct ledger *ledger;
	int threads;
	bool bf16; /* multiply in bf16 where the sums have one sign (network/matrix.h) */
	struct progress *progress;
	bool counts; /* the multiplications, for a report */
	bool effect; /* of heads on the prediction, instead of relevance */
	long top;    /* and from how many of the likeliest tokens; 0: from all */
	bool costs;  /* and write them into each record, for every number of steps */
};

#endif
