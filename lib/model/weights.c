/* SPDX-License-Identifier: Apache-2.0 */
#include "model/weights.h"

#include <string.h>

#include "base/die.h"
#include "stream/map_index.h"

static bool find_in_checkpoint(const void *from, const char *name, struct tensor *t)
{
	if (!checkpoint_has(from, name))
		return false;
	*t = checkpoint_tensor(from, name);
	return true;
}

static bool find_in_header(const void *from, const char *name, struct tensor *t)
{
	const msgpack_object *o = map_index_find(from, name);

	return o && object_tensor(o, t);
}

struct weight_source weights_of_checkpoint(const struct checkpoint *c)
{
	return (struct weight_source){ find_in_checkpoint, c };
}

struct weight_source weights_of_header(
	const struct record *header, const char *directory, struct checkpoint **open)
{
	if (record_has(header, "weights"))
		return (struct weight_source){ find_in_header,
			map_index_new(record_map(header, "weights"), header->arena) };

	struct record model = { .map = *record_map(header, "model"), .arena = header->arena };
	const msgpack_object *named = record_map(&model, "checkpoint");
	const char *path = map_text(named, "checkpoint", "path", header->arena);
	const char *hash = map_text(named, "checkpoint", "hash", header->arena);
	struct checkpoint *c = *open;

	if (!c || strcmp(checkpoint_hash(c), hash))
		c = *open = checkpoint_open(directory ? directory : path);

	if (strcmp(checkpoint_hash(c), hash))
		die("the checkpoint '%s' is not the one this trace was made with (fingerprint %s, "
		    "not "
		    "%s); say where that one is with -m",
			checkpoint_path(c), checkpoint_hash(c), hash);
	return weights_of_checkpoint(c);
}
