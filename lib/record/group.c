/* SPDX-License-Identifier: Apache-2.0 */
#include "record/group.h"

#include "base/die.h"

enum { MAX_HEADS = 1 << 16 };

/* 0: it does not say */
static long count_of(const msgpack_object *model, const char *key)
{
	if (!map_find(model, key))
		return 0;
	long n = map_int(model, "model", key);

	if (n < 1 || n > MAX_HEADS)
		die("the model has %ld %s; 1 to %d are possible", n, key, MAX_HEADS);
	return n;
}

long model_group(const struct record *header)
{
	if (!record_has(header, "model"))
		return 1;
	const msgpack_object *model = record_map(header, "model");
	long heads = count_of(model, "heads"), shared = count_of(model, "kv_heads");

	if (heads && shared && heads % shared)
		die("the model has %ld heads and %ld key/value heads, which do not divide them",
			heads, shared);
	return heads && shared ? heads / shared : 1;
}
