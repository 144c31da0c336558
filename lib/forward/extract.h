/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FORWARD_EXTRACT_H
#define LRP_FORWARD_EXTRACT_H

#include "graph/graph.h"
#include "token/lines.h"
#include "network/network.h"
#include "stream/stream.h"

struct extract_request {
	const struct graph *graph;
	struct weight_source weights;
	const struct generation *generation;
	/* Nodes whose values are written, one flag a node; NULL: those that cost a product to make.
	 */
	const bool *keep;
	struct progress *progress;
	int threads;		   /* of the matrix products */
	bool all_steps, mask_each; /* input.h */
	bool generates;		   /* lines without a target get one */
	bool skip_cut;		   /* sentences whose generated target is cut are left out */
	/* the text of a target token and of all, for sentences that were generated; NULL: unknown
	 */
	const char *(*piece)(void *context, int32_t id);
	const char *(*text)(void *context, const struct tokens *target, struct arena *a);
	void *context;
};

/*
 * trace-extract in one precision: the forward pass of `count` lines, and their trace records, or
 * records that they were left out. Sentences without a target get one first: it is generated, and
 * where masks are filled in it is the likeliest tokens. How sentences are put together into matrix
 * products depends on these sentences alone, so a worker that gets the same lines in the same
 * groups writes the same bits.
 */
struct extract_engine {
	struct extractor *(*open)(const struct extract_request *request);
	void (*sentences)(
		struct extractor *e, struct sentence_line *s, int count, struct outstream *out);
};
extern const struct extract_engine extract_engine;

#endif
