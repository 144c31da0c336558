/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHAPE_ROTARY_H
#define LRP_SHAPE_ROTARY_H

#include "shape/shape.h"
#include "graph/kind.h"

/*
 * The angles of rotary positions, whatever scaling config.json asks for: what a node that rotates
 * heads of the last stack needs, and how they came about does not matter any more. `local`: of a
 * layer with a window, which may have a theta of its own, without scaling.
 *
 *     f[k] = theta^(-2k/d), k < d/2, d the rotated neurons of a head
 *     linear  f / factor
 *     llama3  f where the wave is short, f / factor where it is long, a mixture between
 *     yarn    f where many turns fit the positions of the training, f / factor where few do, a ramp
 *             between; cosine and sine times 0.1 log(factor) + 1, or attention_factor
 *     longrope f / short_factor[k], for texts within original_max_position_embeddings; cosine and sine
 *             times sqrt(1 + log(factor) / log(original)), or attention_factor; longer are refused
 *     dynamic f for texts within max_position_embeddings; longer ones are refused
 *
 * Another rope_type, and a key that it does not have, are errors that name it.
 */
struct rotation rotary_of(const struct shape *s, int heads, bool local, struct arena *a);

/* Up to which texts have the short factors of longrope; 0: rotary positions are others. */
long rotary_longrope_positions(const struct json_file *f);

#endif
