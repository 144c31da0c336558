/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FAMILY_MARIAN_H
#define LRP_FAMILY_MARIAN_H

#include "ckpt/checkpoint.h"
#include "graph/graph.h"
#include "family/config.h"

/*
 * The graph of a MarianMT model (Junczys-Dowmunt et al. 2018; Hugging Face's MarianMTModel):
 *
 *     encoder layer   self-attention, feed-forward network
 *     decoder layer   causal self-attention, attention to the encoder, feed-forward network
 *
 * each in a residual block, normalised behind the addition (or, with normalize_before, in front of
 * the block). Names: enc.L.self.q, .k, .v, .scores, .weights; the heads' context vectors are
 * enc-self.L, dec-self.L, dec-enc.L; then .out, .add, .norm; enc.L.ffn.in, .act, .out, .add, .norm.
 */
struct graph *marian_graph(
	const struct model_config *config, const struct checkpoint *c, struct arena *a);

#endif
