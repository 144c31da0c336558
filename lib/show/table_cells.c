/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "show/json.h"
#include "show/columns.h"
#include "show/table.h"
#include "record/text.h"

enum { MOST_OF_PATH = 255 };

/* Any value under a path of keys: one line for each number or text in it. */
struct cell {
	const struct record *record;
	const char *sentence; /* its number, or nothing */
	const char *path;     /* "ledger.start"; of a long one, the beginning */
};

static struct cell first_cell(const struct record *r)
{
	struct cell c = { r, "", NULL };

	if (record_has(r, "sentence"))
		c.sentence = arena_printf(r->arena, "%ld", record_int(r, "sentence"));
	return c;
}

static void put_cell(struct show *s, const struct cell *c)
{
	fprintf(s->to, "%s\t", c->sentence);
	put_plain(s->to, c->path, strnlen(c->path, MOST_OF_PATH));
	fputc('\t', s->to);
}

/* The indices of element i, "2,0,1". */
static void put_index(FILE *to, const struct tensor *t, size_t i)
{
	for (int d = 0; d < t->dimensions; d++) {
		size_t behind = 1;

		for (int e = d + 1; e < t->dimensions; e++)
			behind *= (size_t)t->shape[e];
		fprintf(to, d ? ",%zu" : "%zu", i / behind % (size_t)t->shape[d]);
	}
	fputc('\t', to);
}

static void put_cells(struct show *s, const struct cell *c, const msgpack_object *o);

static void put_cell_tensor(struct show *s, const struct cell *c, const struct tensor *t)
{
	for (size_t i = 0; i < t->count; i++) {
		put_cell(s, c);
		put_index(s->to, t, i);
		table_put_number(s->to, t, i);
		fputc('\n', s->to);
	}
}

/* The value under one more key; its path lasts no longer. */
static void put_inner(
	struct show *s, const struct cell *c, const char *key, int size, const msgpack_object *o)
{
	struct arena *a = c->record->arena;
	struct arena_mark mark = arena_mark(a);
	struct cell inner = { c->record, c->sentence,
		arena_printf(a, "%.*s.%.*s", MOST_OF_PATH, c->path, size, key) };

	put_cells(s, &inner, o);
	arena_back(a, mark);
}

static void put_cell_list(struct show *s, const struct cell *c, const msgpack_object *o)
{
	for (uint32_t i = 0; i < o->via.array.size; i++) {
		char key[16];

		put_inner(s, c, key, snprintf(key, sizeof key, "%u", (unsigned)i),
			&o->via.array.ptr[i]);
	}
}

static void put_cell_map(struct show *s, const struct cell *c, const msgpack_object *o)
{
	for (uint32_t i = 0; i < o->via.map.size; i++) {
		const msgpack_object_str *key = &o->via.map.ptr[i].key.via.str;

		put_inner(s, c, key->ptr, key->size < MOST_OF_PATH ? (int)key->size : MOST_OF_PATH,
			&o->via.map.ptr[i].val);
	}
}

static void put_cells(struct show *s, const struct cell *c, const msgpack_object *o)
{
	struct tensor t;

	if (object_tensor(o, &t)) {
		put_cell_tensor(s, c, &t);
	} else if (o->type == MSGPACK_OBJECT_MAP) {
		put_cell_map(s, c, o);
	} else if (o->type == MSGPACK_OBJECT_ARRAY) {
		put_cell_list(s, c, o);
	} else {
		put_cell(s, c);
		fputc('\t', s->to);
		if (o->type == MSGPACK_OBJECT_STR)
			table_put_text(s->to, o);
		else
			json_put(s->to, o, false);
		fputc('\n', s->to);
	}
}

void table_cells(struct show *s, const struct record *r)
{
	table_columns(s, "sentence\tkey\tindex\tvalue\n");
	struct cell c = first_cell(r);

	for (uint32_t i = 0; !s->keys && i < r->map.via.map.size; i++) {
		const msgpack_object_kv *kv = &r->map.via.map.ptr[i];

		c.path = object_text(&kv->key, "a key", r->arena);
		if (!object_is(&kv->key, "type") && !object_is(&kv->key, "sentence"))
			put_cells(s, &c, &kv->val);
	}
	for (int i = 0; i < s->key_count; i++) {
		const msgpack_object *o = show_find(r, s->keys[i]);

		c.path = s->keys[i];
		if (o)
			put_cells(s, &c, o);
	}
}
