/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BUILD_STREAM_NODES_H
#define LRP_BUILD_STREAM_NODES_H

#include "graph/graph.h"

/*
 * The nodes that may be an entry of Hugging Face's hidden states, by the names that nodes have in all
 * families: of "hidden_states.L", "encoder_hidden_states.L" and "decoder_hidden_states.L". Their
 * number, 0 for another name or where the model has no such layer. It is two where a dense layer behind
 * the last layer gives another width, which the last entry may have.
 */
int stream_nodes(const struct graph *g, const char *name, int *nodes);

#endif
