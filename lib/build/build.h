/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BUILD_BUILD_H
#define LRP_BUILD_BUILD_H

#include "ckpt/checkpoint.h"
#include "shape/shape.h"
#include "graph/graph.h"

/*
 * The graph of a model of any family:
 *
 *     encoder layer   self-attention, feed-forward network
 *     decoder layer   causal self-attention, attention to the encoder, feed-forward network
 *
 * as its family's table lists the sublayers, each in a residual block, normalised behind the
 * addition or in front of the block. Names: enc.L.self.q, .k, .v, .scores, .weights; the heads'
 * context vectors are enc-self.L, dec-self.L, dec-enc.L; then .out, .add, .norm; enc.L.ffn.in, .act,
 * .out, .add, .norm. Dies on a tensor that is missing, has another shape, or that nothing uses.
 */
struct graph *graph_build(struct shape *shape, const struct checkpoint *c, struct arena *a);

#endif
