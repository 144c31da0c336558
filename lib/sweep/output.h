/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_OUTPUT_H
#define LRP_SWEEP_OUTPUT_H

#include "graph/graph.h"
#include "op/model.h"
#include "stream/stream.h"

/*
 * The output of attention heads: y[h] = mean over positions i of |W_O[h] c[i,h]|, with c[i,h] the
 * head's context and W_O[h] the columns of the output projection W_O [out, heads * e] that the
 * head's neurons go to; |x| the Euclidean length. All positions count, the end of the sentence
 * too. In double.
 */
struct output;
struct output *output_open(const struct graph *g, struct weight_source weights, const char *sites);
void output_close(struct output *o);

/* Write a heads record of one step for each site of one trace record. */
void output_record(struct output *o, const struct record *trace, struct outstream *out);

#endif
