/* SPDX-License-Identifier: Apache-2.0 */
#include "record/tokens.h"

#include "base/die.h"

static int32_t id_of(const msgpack_object *o, const char *key)
{
	if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER || o->via.u64 > INT32_MAX)
		die("'%s' holds something that is not a token id", key);
	return (int32_t)o->via.u64;
}

static const char **read_pieces(
	const msgpack_object *list, int count, const char *key, struct arena *a)
{
	const char **pieces = arena_array(a, (size_t)count, sizeof *pieces);

	if (list->type != MSGPACK_OBJECT_ARRAY || list->via.array.size != (uint32_t)count)
		die("'%s' needs one piece for each of its %d ids", key, count);
	for (int i = 0; i < count; i++)
		pieces[i] = object_text(&list->via.array.ptr[i], key, a);
	return pieces;
}

struct tokens record_tokens(const struct record *r, const char *key)
{
	const msgpack_object *o = record_find(r, key), *ids = o, *pieces = NULL;
	struct tokens t = { 0 };

	if (o && o->type == MSGPACK_OBJECT_MAP) {
		ids = map_find(o, "ids");
		pieces = map_find(o, "pieces");
	}
	if (!ids || ids->type != MSGPACK_OBJECT_ARRAY || ids->via.array.size > INT32_MAX)
		die("'%s' has no list of token ids", key);
	t.count = (int)ids->via.array.size;
	t.ids = arena_array(r->arena, (size_t)t.count, sizeof *t.ids);
	for (int i = 0; i < t.count; i++)
		t.ids[i] = id_of(&ids->via.array.ptr[i], key);
	if (pieces)
		t.pieces = read_pieces(pieces, t.count, key, r->arena);
	return t;
}

void draft_ids(struct draft *d, const char *key, const int32_t *ids, int count)
{
	draft_list(d, key, count);
	for (int i = 0; i < count; i++)
		draft_int(d, NULL, ids[i]);
}

void draft_pieces(struct draft *d, const char *key, const struct tokens *t, long from, long to)
{
	draft_list(d, key, (int)(to - from));
	for (long i = from; i < to; i++)
		draft_text(d, NULL, t->pieces[i]);
}

void draft_tokens(struct draft *d, const char *key, const struct tokens *t)
{
	draft_map(d, key, 1 + (t->pieces != NULL) + (t->text != NULL));
	draft_ids(d, "ids", t->ids, t->count);
	if (t->pieces)
		draft_pieces(d, "pieces", t, 0, t->count);
	if (t->text)
		draft_text(d, "text", t->text);
}
