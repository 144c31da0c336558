/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "show/json.h"
#include "record/text.h"

const char *number_text(double x, bool single, char text[32])
{
	int digits = single ? 6 : 15, most = single ? 9 : 17;

	for (; digits <= most; digits++) {
		snprintf(text, 32, "%.*g", digits, x);
		double back = strtod(text, NULL);
		if (single ? (float)back == (float)x : back == x)
			break;
	}
	return text;
}

bool json_is_ids(const char *key)
{
	return strcmp(key, "ids") == 0 || strcmp(key, "inputs") == 0 ||
	       strcmp(key, "positions") == 0 || strcmp(key, "drawn") == 0;
}

void json_put_text(FILE *to, const char *text, size_t size)
{
	size_t from = 0;

	fputc('"', to);
	for (size_t i = 0; i < size; i++) {
		const char *escape = text[i] == '"'    ? "\\\""
				     : text[i] == '\\' ? "\\\\"
				     : text[i] == '\n' ? "\\n"
				     : text[i] == '\t' ? "\\t"
						       : NULL;

		if (!escape)
			continue;
		put_plain_json(to, text + from, i - from);
		fputs(escape, to);
		from = i + 1;
	}
	put_plain_json(to, text + from, size - from);
	fputc('"', to);
}

/* JSON has no NaN and no infinities: they are strings inside a tensor. */
static void put_element(FILE *to, const struct tensor *t, size_t i)
{
	char text[32];

	if (t->type[1] == 'i') {
		fprintf(to, "%" PRId64, tensor_int_at(t, i));
		return;
	}
	double x = tensor_at(t, i);
	if (x == 0 && signbit(x))
		fputs("-0.0", to); /* "-0" would be read as the integer 0 */
	else if (isfinite(x))
		fputs(number_text(x, strcmp(t->type, "<f8") != 0, text), to);
	else
		fputs(isnan(x) ? "\"nan\"" : x < 0 ? "\"-inf\"" : "\"inf\"", to);
}

/* The elements from `first` on of dimension `d`, as nested lists; returns the element behind. */
static size_t put_elements(FILE *to, const struct tensor *t, int d, size_t first)
{
	fputc('[', to);
	for (long i = 0; t->count && i < (t->dimensions ? t->shape[d] : 1); i++) {
		if (i)
			fputc(',', to);
		if (d + 1 >= t->dimensions)
			put_element(to, t, first++);
		else
			first = put_elements(to, t, d + 1, first);
	}
	fputc(']', to);
	return first;
}

/* Would a plain list of the elements come back as this tensor? */
static bool is_plain(const struct tensor *t)
{
	if (strcmp(t->type, "<f8") != 0 || t->dimensions == 0 || t->count == 0)
		return false;
	for (size_t i = 0; i < t->count; i++)
		if (!isfinite(tensor_at(t, i)))
			return false;
	return true;
}

static void put_tensor(FILE *to, const struct tensor *t, bool plain)
{
	if (plain && is_plain(t)) {
		put_elements(to, t, 0, 0);
		return;
	}
	fprintf(to, "{\"tensor\":\"%s\",\"shape\":[", t->type);
	for (int i = 0; i < t->dimensions; i++)
		fprintf(to, i ? ",%ld" : "%ld", t->shape[i]);
	fputs("],\"data\":", to);
	put_elements(to, t, 0, 0);
	fputc('}', to);
}

/* Numbers only, at any depth, and at least one: what would come back as a tensor. */
static bool all_numbers(const msgpack_object *list, size_t *count)
{
	for (uint32_t i = 0; i < list->via.array.size; i++) {
		const msgpack_object *o = &list->via.array.ptr[i];

		if (o->type == MSGPACK_OBJECT_ARRAY) {
			if (!all_numbers(o, count))
				return false;
		} else if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER ||
			   o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ||
			   o->type == MSGPACK_OBJECT_FLOAT32 || o->type == MSGPACK_OBJECT_FLOAT64) {
			++*count;
		} else {
			return false;
		}
	}
	return true;
}

static void put_list(FILE *to, const msgpack_object *o, bool plain)
{
	size_t numbers = 0;
	bool wrapped = plain && all_numbers(o, &numbers) && numbers;

	fputs(wrapped ? "{\"list\":[" : "[", to);
	for (uint32_t i = 0; i < o->via.array.size; i++) {
		if (i)
			fputc(',', to);
		json_put(to, &o->via.array.ptr[i], false);
	}
	fputs(wrapped ? "]}" : "]", to);
}

static void put_map(FILE *to, const msgpack_object *o, bool plain)
{
	fputc('{', to);
	for (uint32_t i = 0; i < o->via.map.size; i++) {
		const msgpack_object *k = &o->via.map.ptr[i].key;
		bool ids = object_is(k, "ids") || object_is(k, "inputs") ||
			   object_is(k, "positions") || object_is(k, "drawn");

		if (i)
			fputc(',', to);
		json_put_text(to, k->via.str.ptr, k->via.str.size); /* bin lies alike */
		fputc(':', to);
		json_put(to, &o->via.map.ptr[i].val, plain && !ids);
	}
	fputc('}', to);
}

static void put_bin(FILE *to, const msgpack_object *o)
{
	fputs("{\"bin\":\"", to);
	for (uint32_t i = 0; i < o->via.bin.size; i++)
		fprintf(to, "%02x", (unsigned)(unsigned char)o->via.bin.ptr[i]);
	fputs("\"}", to);
}

/* A point or an exponent says that it is no integer. */
static void put_real(FILE *to, double x)
{
	char text[32];

	if (!isfinite(x)) {
		fputs("null", to);
		return;
	}
	fputs(number_text(x, false, text), to);
	if (!strpbrk(text, ".e"))
		fputs(".0", to);
}

void json_put(FILE *to, const msgpack_object *o, bool plain)
{
	struct tensor t;

	if (object_tensor(o, &t))
		put_tensor(to, &t, plain);
	else if (o->type == MSGPACK_OBJECT_MAP)
		put_map(to, o, plain);
	else if (o->type == MSGPACK_OBJECT_ARRAY)
		put_list(to, o, plain);
	else if (o->type == MSGPACK_OBJECT_STR)
		json_put_text(to, o->via.str.ptr, o->via.str.size);
	else if (o->type == MSGPACK_OBJECT_BIN)
		put_bin(to, o);
	else if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
		fprintf(to, "%" PRIu64, o->via.u64);
	else if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		fprintf(to, "%" PRId64, o->via.i64);
	else if (o->type == MSGPACK_OBJECT_FLOAT32 || o->type == MSGPACK_OBJECT_FLOAT64)
		put_real(to, o->via.f64);
	else if (o->type == MSGPACK_OBJECT_BOOLEAN)
		fputs(o->via.boolean ? "true" : "false", to);
	else
		fputs("null", to);
}
