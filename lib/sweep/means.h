/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_MEANS_H
#define LRP_SWEEP_MEANS_H

#include "model/weights.h"
#include "stream/stream.h"

/*
 * The mean context of attention heads over all positions of all sentences,
 *
 *   m[h,e] = sum over sentences s, positions i of c[s,i,h,e] / number of positions
 *
 * the end of the sentence included: it is what a head gives that knows nothing of its sentence.
 */
struct means;

/* Nothing added yet; `sites` as typed, head sites only. */
struct means *means_new(const char *sites);

/* A segment begins: what is added next was made by this graph. Dies where its sites are others. */
void means_segment(struct means *m, const struct graph *g, struct weight_source weights);

/* Add the positions of a trace record. */
void means_add(struct means *m, const struct record *r);

/* Write a record for each site; dies where no positions came. */
void means_put(struct means *m, struct outstream *out);

#endif
