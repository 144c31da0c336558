/* SPDX-License-Identifier: Apache-2.0 */
#include "show/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show/json.h"

/* Note what differs at the path; false, for the caller to return. */
__attribute__((format(printf, 2, 3))) static bool differ(
	struct comparison *c, const char *format, ...)
{
	size_t n = 0;
	va_list ap;

	if (*c->path)
		n = (size_t)snprintf(c->text, sizeof c->text, "'%s' ", c->path);
	va_start(ap, format);
	vsnprintf(c->text + n, sizeof c->text - n, format, ap);
	va_end(ap);
	return false;
}

/* NaN is the same as NaN, and infinity as infinity of the same sign. */
static bool close_enough(double a, double b, double allowed)
{
	return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= allowed;
}

static double largest(const struct tensor *t)
{
	double most = 0;

	for (size_t i = 0; i < t->count; i++) {
		double x = fabs(tensor_at(t, i));

		if (isfinite(x) && x > most)
			most = x;
	}
	return most;
}

/* "[2, 0]", the place of element i. */
static const char *index_text(const struct tensor *t, size_t i, char *text, size_t room)
{
	long at[TENSOR_DIMENSIONS] = { 0 };
	size_t n = 0;

	for (int d = t->dimensions; d-- > 0; i /= (size_t)t->shape[d])
		at[d] = (long)(i % (size_t)t->shape[d]);
	text[0] = '\0';
	for (int d = 0; d < t->dimensions && n < room; d++)
		n += (size_t)snprintf(text + n, room - n, d ? ", %ld" : "%ld", at[d]);
	return text;
}

static bool differ_at(struct comparison *c, const struct tensor *a, const struct tensor *b,
	size_t i, double allowed)
{
	char at[128], x[32], y[32], limit[64] = "";

	if (allowed > 0)
		snprintf(limit, sizeof limit, " (allowed %.3g)", allowed);
	if (a->type[1] == 'i' && b->type[1] == 'i')
		return differ(c, "[%s]: %" PRId64 " and %" PRId64 "%s",
			index_text(a, i, at, sizeof at), tensor_int_at(a, i), tensor_int_at(b, i),
			limit);
	return differ(c, "[%s]: %s and %s%s", index_text(a, i, at, sizeof at),
		number_text(tensor_at(a, i), false, x), number_text(tensor_at(b, i), false, y),
		limit);
}

static bool compare_tensors(struct comparison *c, const struct tensor *a, const struct tensor *b)
{
	bool whole = a->type[1] == 'i' && b->type[1] == 'i';

	if (a->dimensions != b->dimensions ||
		memcmp(a->shape, b->shape, (size_t)a->dimensions * sizeof *a->shape) != 0) {
		struct arena scratch = { 0 };

		return differ(c, "has the shapes %s and %s", tensor_shape_text(a, &scratch),
			tensor_shape_text(b, &scratch));
	}
	double allowed = c->tolerance > 0 ? c->tolerance * largest(b) : 0;
	for (size_t i = 0; i < a->count; i++) {
		if (whole && tensor_int_at(a, i) == tensor_int_at(b, i))
			continue;
		if ((whole && allowed == 0) ||
			!close_enough(tensor_at(a, i), tensor_at(b, i), allowed))
			return differ_at(c, a, b, i, allowed);
	}
	return true;
}

static bool is_number(const msgpack_object *o)
{
	return o->type == MSGPACK_OBJECT_POSITIVE_INTEGER ||
	       o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER || o->type == MSGPACK_OBJECT_FLOAT32 ||
	       o->type == MSGPACK_OBJECT_FLOAT64;
}

static double number(const msgpack_object *o)
{
	if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
		return (double)o->via.u64;
	if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		return (double)o->via.i64;
	return o->via.f64;
}

static bool compare_numbers(struct comparison *c, const msgpack_object *a, const msgpack_object *b)
{
	bool whole = a->type == b->type && a->type != MSGPACK_OBJECT_FLOAT32 &&
		     a->type != MSGPACK_OBJECT_FLOAT64;
	double allowed = c->tolerance > 0 ? c->tolerance * fabs(number(b)) : 0;
	char x[32], y[32];

	if (whole && allowed == 0 && a->via.u64 == b->via.u64)
		return true;
	if (!(whole && allowed == 0) && close_enough(number(a), number(b), allowed))
		return true;
	return differ(c, "is %s and %s", number_text(number(a), false, x),
		number_text(number(b), false, y));
}

static bool ignored(const msgpack_object *key)
{
	return object_is(key, "history") || object_is(key, "checkpoint");
}

static int compare_keys(const void *a, const void *b)
{
	const msgpack_object_str *x = &(*(const msgpack_object_kv *const *)a)->key.via.str;
	const msgpack_object_str *y = &(*(const msgpack_object_kv *const *)b)->key.via.str;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->size ? memcmp(x->ptr, y->ptr, x->size) : 0;
}

/* The entries of a map, ordered by their keys, of one kind or the other (str, bin). */
static const msgpack_object_kv **sorted(const msgpack_object *map)
{
	size_t count = map->via.map.size;
	const msgpack_object_kv **entry = must_alloc(count, sizeof(msgpack_object_kv *));

	for (size_t i = 0; i < count; i++)
		entry[i] = &map->via.map.ptr[i];
	qsort(entry, count, sizeof(msgpack_object_kv *), compare_keys);
	return entry;
}

/* Each entry of a has the same value in b, of which the entries are sorted; `which` has only it. */
static bool compare_entries(struct comparison *c, const msgpack_object *a,
	const msgpack_object_kv **b, size_t count, const char *which)
{
	bool first = strcmp(which, "first") == 0;

	for (uint32_t i = 0; i < a->via.map.size; i++) {
		const msgpack_object_kv *kv = &a->via.map.ptr[i];
		const msgpack_object_kv *const *other =
			bsearch(&kv, b, count, sizeof(msgpack_object_kv *), compare_keys);
		char key[128];

		if (ignored(&kv->key))
			continue;
		snprintf(key, sizeof key, "%.*s", (int)kv->key.via.str.size, kv->key.via.str.ptr);
		if (!other)
			return differ(c, "has the key '%s' in the %s stream only", key, which);
		if (first && !compare_objects(c, key, &kv->val, &(*other)->val))
			return false;
	}
	return true;
}

static bool compare_maps(struct comparison *c, const msgpack_object *a, const msgpack_object *b)
{
	const msgpack_object_kv **in_a = sorted(a), **in_b = sorted(b);
	bool same = compare_entries(c, a, in_b, b->via.map.size, "first") &&
		    compare_entries(c, b, in_a, a->via.map.size, "second");

	free(in_a);
	free(in_b);
	return same;
}

static bool compare_lists(struct comparison *c, const msgpack_object *a, const msgpack_object *b)
{
	if (a->via.array.size != b->via.array.size)
		return differ(c, "is a list of %u and of %u", (unsigned)a->via.array.size,
			(unsigned)b->via.array.size);
	for (uint32_t i = 0; i < a->via.array.size; i++) {
		char key[32];

		snprintf(key, sizeof key, "%u", (unsigned)i);
		if (!compare_objects(c, key, &a->via.array.ptr[i], &b->via.array.ptr[i]))
			return false;
	}
	return true;
}

static bool compare_values(struct comparison *c, const msgpack_object *a, const msgpack_object *b)
{
	struct tensor s, t;
	bool is_s = object_tensor(a, &s), is_t = object_tensor(b, &t);

	if (is_s && is_t)
		return compare_tensors(c, &s, &t);
	if (is_number(a) && is_number(b))
		return compare_numbers(c, a, b);
	if (is_s != is_t || a->type != b->type)
		return differ(c, "is of different kinds");
	if (a->type == MSGPACK_OBJECT_MAP)
		return compare_maps(c, a, b);
	if (a->type == MSGPACK_OBJECT_ARRAY)
		return compare_lists(c, a, b);
	if (a->type == MSGPACK_OBJECT_STR && !msgpack_object_equal(*a, *b))
		return differ(c, "is '%.*s' and '%.*s'", (int)a->via.str.size, a->via.str.ptr,
			(int)b->via.str.size, b->via.str.ptr);
	return msgpack_object_equal(*a, *b) || differ(c, "differs");
}

bool compare_objects(
	struct comparison *c, const char *key, const msgpack_object *a, const msgpack_object *b)
{
	size_t n = strlen(c->path);
	bool same;

	snprintf(c->path + n, sizeof c->path - n, n ? ".%s" : "%s", key);
	same = compare_values(c, a, b);
	c->path[n] = '\0';
	return same;
}
