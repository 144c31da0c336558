/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/map_index.h"

#include <stdlib.h>
#include <string.h>

struct map_index {
	const msgpack_object_kv **at;
	size_t count;
};

static int compare_bytes(const char *a, size_t n, const char *b, size_t m)
{
	int order = memcmp(a, b, n < m ? n : m);

	return order ? order : (n > m) - (n < m);
}

static int compare_entries(const void *a, const void *b)
{
	const msgpack_object_str *x = &(*(const msgpack_object_kv *const *)a)->key.via.str;
	const msgpack_object_str *y = &(*(const msgpack_object_kv *const *)b)->key.via.str;

	return compare_bytes(x->ptr, x->size, y->ptr, y->size);
}

static int compare_key(const void *key, const void *b)
{
	const msgpack_object_str *y = &(*(const msgpack_object_kv *const *)b)->key.via.str;

	return compare_bytes(key, strlen(key), y->ptr, y->size);
}

struct map_index *map_index_new(const msgpack_object *map, struct arena *a)
{
	struct map_index *x = arena_zero(a, 1, sizeof *x);

	x->at = arena_array(a, map->via.map.size, sizeof *x->at);
	for (uint32_t i = 0; i < map->via.map.size; i++)
		if (map->via.map.ptr[i].key.type == MSGPACK_OBJECT_STR)
			x->at[x->count++] = &map->via.map.ptr[i];
	qsort(x->at, x->count, sizeof *x->at, compare_entries);
	return x;
}

const msgpack_object *map_index_find(const struct map_index *x, const char *key)
{
	const msgpack_object_kv *const *found =
		bsearch(key, x->at, x->count, sizeof *x->at, compare_key);

	return found ? &(*found)->val : NULL;
}
