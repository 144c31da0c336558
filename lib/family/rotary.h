/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FAMILY_ROTARY_H
#define LRP_FAMILY_ROTARY_H

#include "family/shape.h"
#include "graph/kind.h"

/*
 * The angles of rotary positions, whatever scaling config.json asks for: the node that rotates
 * heads of `width` neurons, of which it does not matter any more how they came about.
 *
 *     f[k] = theta^(-2k/d), k < d/2, d the rotated neurons of a head
 *     linear  f / factor
 *     llama3  f where the wave is short, f / factor where it is long, a mixture between
 *     yarn    f where many turns fit the positions of the training, f / factor where few do, a ramp
 *             between; cosine and sine times 0.1 log(factor) + 1, or attention_factor
 *     dynamic f for texts within max_position_embeddings; longer ones are refused
 *
 * Another rope_type, and a key that it does not have, are errors that name it.
 */
struct rotation rotary_of(const struct shape *s, int heads, long width, struct arena *a);

#endif
