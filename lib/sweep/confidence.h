/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_CONFIDENCE_H
#define LRP_SWEEP_CONFIDENCE_H

#include "graph/graph.h"
#include "op/model.h"
#include "stream/stream.h"

/*
 * The confidence of attention heads: y[h] = mean over queries i of max over keys j of A[h,i,j],
 * with the end of the sentence, the last source token and the step that predicts it, left out
 * (Voita et al. 2019, section 4).
 */
struct confidence;
struct confidence *confidence_open(
	const struct graph *g, struct weight_source weights, const char *sites);
void confidence_close(struct confidence *c);

/* Write a heads record of one step for each site of one trace record. */
void confidence_record(struct confidence *c, const struct record *trace, struct outstream *out);

#endif
