/* SPDX-License-Identifier: Apache-2.0 */
#include "record/record.h"

#include <limits.h>
#include <msgpack/unpack.h>
#include <string.h>

#include "base/die.h"
#include "record/check.h"

void record_parse(
	struct record *r, const char *bytes, size_t size, msgpack_zone *zone, struct arena *arena)
{
	size_t end = 0;
	const msgpack_object *type;

	check_record(bytes, size);
	if (msgpack_unpack(bytes, size, &end, zone, &r->map) != MSGPACK_UNPACK_SUCCESS ||
		end != size)
		die("damaged record (not one MessagePack map)");
	r->arena = arena;
	r->type = "unknown";
	type = record_find(r, "type");
	if (!type || type->type != MSGPACK_OBJECT_STR)
		die("a record without its 'type'");
	r->type = object_text(type, "type", arena);
	r->is_header = strcmp(r->type, "header") == 0;
	r->from = NULL;
}

bool object_is(const msgpack_object *o, const char *text)
{
	size_t n = strlen(text);

	if (o->type == MSGPACK_OBJECT_STR)
		return o->via.str.size == n && memcmp(o->via.str.ptr, text, n) == 0;
	if (o->type == MSGPACK_OBJECT_BIN)
		return o->via.bin.size == n && memcmp(o->via.bin.ptr, text, n) == 0;
	return false;
}

const msgpack_object *map_find(const msgpack_object *map, const char *key)
{
	if (map->type != MSGPACK_OBJECT_MAP)
		return NULL;
	for (uint32_t i = 0; i < map->via.map.size; i++)
		if (object_is(&map->via.map.ptr[i].key, key))
			return &map->via.map.ptr[i].val;
	return NULL;
}

/* A missing key, or one of another kind than `kind` ("a number"), in the map `where`. */
static _Noreturn void die_key(
	const msgpack_object *found, const char *where, const char *key, const char *kind)
{
	if (!found)
		die("no key '%s' in '%s'", key, where ? where : "the record");
	die("key '%s' in '%s' is not %s", key, where ? where : "the record", kind);
}

/* The getters of records name the record by its type, those of maps by `where`. */
static long get_int(const msgpack_object *map, const char *where, const char *key)
{
	const msgpack_object *o = map_find(map, key);

	if (o && o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 <= LONG_MAX)
		return (long)o->via.u64;
	if (o && o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		return (long)o->via.i64;
	die_key(o, where, key, "a whole number");
}

bool object_number(const msgpack_object *o, double *x)
{
	if (o->type == MSGPACK_OBJECT_FLOAT64 || o->type == MSGPACK_OBJECT_FLOAT32)
		*x = o->via.f64;
	else if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
		*x = (double)o->via.u64;
	else if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		*x = (double)o->via.i64;
	else
		return false;
	return true;
}

static double get_real(const msgpack_object *map, const char *where, const char *key)
{
	const msgpack_object *o = map_find(map, key);
	double x;

	if (!o || !object_number(o, &x))
		die_key(o, where, key, "a number");
	return x;
}

static const char *get_text(
	const msgpack_object *map, const char *where, const char *key, struct arena *a)
{
	const msgpack_object *o = map_find(map, key);

	if (!o || o->type != MSGPACK_OBJECT_STR)
		die_key(o, where, key, "text");
	return object_text(o, key, a);
}

static struct tensor get_tensor(const msgpack_object *map, const char *where, const char *key)
{
	const msgpack_object *o = map_find(map, key);
	struct tensor t;

	if (!o || !object_tensor(o, &t))
		die_key(o, where, key, "a tensor we know");
	return t;
}

const msgpack_object *record_find(const struct record *r, const char *key)
{
	return map_find(&r->map, key);
}

bool record_has(const struct record *r, const char *key)
{
	return map_find(&r->map, key) != NULL;
}

long record_int(const struct record *r, const char *key)
{
	return get_int(&r->map, r->type, key);
}

double record_real(const struct record *r, const char *key)
{
	return get_real(&r->map, r->type, key);
}

const char *record_text(const struct record *r, const char *key)
{
	return get_text(&r->map, r->type, key, r->arena);
}

const msgpack_object *record_map(const struct record *r, const char *key)
{
	const msgpack_object *o = record_find(r, key);

	if (!o || o->type != MSGPACK_OBJECT_MAP)
		die_key(o, r->type, key, "a map");
	return o;
}

const msgpack_object *record_list(const struct record *r, const char *key)
{
	const msgpack_object *o = record_find(r, key);

	if (!o || o->type != MSGPACK_OBJECT_ARRAY)
		die_key(o, r->type, key, "a list");
	return o;
}

struct tensor record_tensor(const struct record *r, const char *key)
{
	return get_tensor(&r->map, r->type, key);
}

long map_int(const msgpack_object *map, const char *where, const char *key)
{
	return get_int(map, where, key);
}

double map_real(const msgpack_object *map, const char *where, const char *key)
{
	return get_real(map, where, key);
}

const char *map_text(const msgpack_object *map, const char *where, const char *key, struct arena *a)
{
	return get_text(map, where, key, a);
}

struct tensor map_tensor(const msgpack_object *map, const char *where, const char *key)
{
	return get_tensor(map, where, key);
}

const char *object_text(const msgpack_object *o, const char *what, struct arena *a)
{
	if (o->type != MSGPACK_OBJECT_STR)
		die("'%s' is not text", what);
	if (o->via.str.size && memchr(o->via.str.ptr, '\0', o->via.str.size))
		die("'%s' is text with a zero byte in it", what);
	return arena_text(a, o->via.str.size ? o->via.str.ptr : "", o->via.str.size);
}

/* The shape, whose product is the count; false where a size is negative or the product large. */
static bool read_shape(const msgpack_object *shape, struct tensor *t)
{
	if (shape->type != MSGPACK_OBJECT_ARRAY || shape->via.array.size > TENSOR_DIMENSIONS)
		return false;
	t->dimensions = (int)shape->via.array.size;
	t->count = 1;
	for (int i = 0; i < t->dimensions; i++) {
		const msgpack_object *n = &shape->via.array.ptr[i];

		if (n->type != MSGPACK_OBJECT_POSITIVE_INTEGER || n->via.u64 > INT_MAX)
			return false;
		t->shape[i] = (long)n->via.u64;
		if (t->shape[i] && t->count > ((size_t)1 << 40) / (size_t)t->shape[i])
			return false;
		t->count *= (size_t)t->shape[i];
	}
	return true;
}

bool object_tensor(const msgpack_object *o, struct tensor *t)
{
	const msgpack_object *nd = map_find(o, "nd"), *kind = map_find(o, "kind");
	const msgpack_object *type = map_find(o, "type"), *shape = map_find(o, "shape");
	const msgpack_object *data = map_find(o, "data");
	size_t element;

	memset(t, 0, sizeof *t);
	if (!nd || nd->type != MSGPACK_OBJECT_BOOLEAN || !nd->via.boolean)
		return false;
	if (!kind || !object_is(kind, "") || !type || !shape || !data)
		return false;
	if (type->type != MSGPACK_OBJECT_STR || type->via.str.size >= sizeof t->type ||
		data->type != MSGPACK_OBJECT_BIN)
		return false;
	memcpy(t->type, type->via.str.ptr, type->via.str.size);
	element = tensor_element(t->type);
	if (!element || !read_shape(shape, t) || t->count * element != data->via.bin.size)
		return false;
	t->data = data->via.bin.ptr;
	return true;
}
