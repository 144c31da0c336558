/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/weights.h"

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

/* Where a checkpoint lies: its path as text, or in bytes where those are not UTF-8. */
static const char *path_of(const msgpack_object *checkpoint, struct arena *a)
{
	const msgpack_object *bytes = map_find(checkpoint, "path_bytes");

	if (bytes && bytes->type == MSGPACK_OBJECT_BIN)
		return arena_text(a, bytes->via.bin.ptr, bytes->via.bin.size);
	return map_text(checkpoint, "checkpoint", "path", a);
}

struct weight_source weights_of_header(
	const struct record *header, const char *directory, struct checkpoint **open)
{
	if (record_has(header, "weights"))
		return (struct weight_source){ find_in_header,
			map_index_new(record_map(header, "weights"), header->arena) };

	struct record model = { .map = *record_map(header, "model"), .arena = header->arena };
	const msgpack_object *named = record_map(&model, "checkpoint");
	const char *path = path_of(named, header->arena);
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
