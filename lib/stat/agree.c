/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/agree.h"

#include <inttypes.h>
#include <string.h>

#include "base/die.h"
#include "show/json.h"

/* What must be the same, as paths into the header; all that lies below a path counts. */
static const char *const compared[] = { "model.family", "model.name", "model.layers", "model.heads",
	"model.kv_heads", "model.width", "model.masked", "model.masked_by", "model.checkpoint.hash",
	"rule", "start", "norm", "compared.a.name", "compared.b.name" };

enum { COMPARED = sizeof compared / sizeof *compared, MAX_FACTS = 1024 };

/* One value of a header as text: path "rule.epsilon", value "0.01". */
struct fact {
	const char *path, *value;
};

struct facts {
	struct fact *at;
	int count;
	struct arena *arena;
};

static const char *bytes_text(const char *bytes, size_t size, struct arena *a)
{
	char *text = arena_array(a, size + 1, 2), *end = text;

	for (size_t i = 0; i < size; i++)
		end += sprintf(end, "%02x", (unsigned char)bytes[i]);
	*end = '\0';
	return text;
}

static const char *scalar_text(const msgpack_object *o, struct arena *a)
{
	switch (o->type) {
	case MSGPACK_OBJECT_NIL:
		return "null";
	case MSGPACK_OBJECT_BOOLEAN:
		return o->via.boolean ? "true" : "false";
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		return arena_printf(a, "%" PRIu64, o->via.u64);
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return arena_printf(a, "%" PRId64, o->via.i64);
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		return number_text(o->via.f64, false, arena_array(a, 32, 1));
	case MSGPACK_OBJECT_STR:
		return arena_printf(a, "'%.*s'", (int)o->via.str.size, o->via.str.ptr);
	case MSGPACK_OBJECT_BIN:
		return bytes_text(o->via.bin.ptr, o->via.bin.size, a);
	default:
		return "something else";
	}
}

static void add_fact(struct facts *f, const char *path, const char *value)
{
	if (f->count == MAX_FACTS)
		die("the header has more than %d values to compare", MAX_FACTS);
	f->at[f->count++] = (struct fact){ path, value };
}

/* Add the value at `path`, or all that are below it. */
static void add_facts(struct facts *f, const char *path, const msgpack_object *o)
{
	if (o->type == MSGPACK_OBJECT_MAP) {
		for (uint32_t i = 0; i < o->via.map.size; i++) {
			const msgpack_object_kv *kv = &o->via.map.ptr[i];
			const char *key = scalar_text(&kv->key, f->arena);

			if (kv->key.type == MSGPACK_OBJECT_STR)
				key = object_text(&kv->key, path, f->arena);
			add_facts(f, arena_printf(f->arena, "%s.%s", path, key), &kv->val);
		}
	} else if (o->type == MSGPACK_OBJECT_ARRAY) {
		for (uint32_t i = 0; i < o->via.array.size; i++)
			add_facts(
				f, arena_printf(f->arena, "%s[%u]", path, i), &o->via.array.ptr[i]);
	} else {
		add_fact(f, path, scalar_text(o, f->arena));
	}
}

/* The object at a path of keys joined by dots, NULL where there is none. */
static const msgpack_object *find_path(const struct record *header, const char *path)
{
	const msgpack_object *o = &header->map;

	while (o && *path) {
		size_t length = strcspn(path, ".");
		const char *key = arena_text(header->arena, path, length);

		o = o->type == MSGPACK_OBJECT_MAP ? map_find(o, key) : NULL;
		path += length + (path[length] == '.');
	}
	return o;
}

static struct facts header_facts(const struct record *header, const char *except, struct arena *a)
{
	struct facts f = { .at = arena_array(a, MAX_FACTS, sizeof *f.at), .arena = a };

	for (int i = 0; i < COMPARED; i++) {
		const msgpack_object *o = find_path(header, compared[i]);

		if (o && !(except && strcmp(compared[i], except) == 0))
			add_facts(&f, compared[i], o);
	}
	return f;
}

static const char *find_value(const struct fact *facts, int count, const char *path)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(facts[i].path, path))
			return facts[i].value;
	return "not given";
}

static void differ(const char *path, const char *first, const char *here)
{
	die("%s is %s here but %s in the first header; average them apart", path, here, first);
}

void agree_check(struct agree *a, const struct record *header)
{
	bool first = a->headers++ == 0;
	struct facts f = header_facts(header, a->except, first ? &a->arena : header->arena);

	if (first) {
		a->facts = f.at;
		a->count = f.count;
	}
	for (int i = 0; i < a->count; i++) {
		const char *here = find_value(f.at, f.count, a->facts[i].path);

		if (strcmp(here, a->facts[i].value))
			differ(a->facts[i].path, a->facts[i].value, here);
	}
	for (int i = 0; i < f.count; i++) {
		const char *before = find_value(a->facts, a->count, f.at[i].path);

		if (strcmp(before, f.at[i].value))
			differ(f.at[i].path, before, f.at[i].value);
	}
}
