/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BUILD_NODE_WORDS_H
#define LRP_BUILD_NODE_WORDS_H

#include "base/arena.h"

/*
 * What a node is, in words, by the name that it has in all families: "layer 3 of the decoder,
 * self-attention, output projection" is dec.3.self.out. NULL: it has another name.
 */
const char *node_words(const char *name, struct arena *a);

#endif
