/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STREAM_MAP_INDEX_H
#define LRP_STREAM_MAP_INDEX_H

#include <msgpack/object.h>

#include "base/arena.h"

/* The entries of a map by their keys, for maps that are asked for many: map_find() reads all. */
struct map_index;
struct map_index *map_index_new(const msgpack_object *map, struct arena *a);

/* The value of a key, NULL where there is none. */
const msgpack_object *map_index_find(const struct map_index *x, const char *key);

#endif
