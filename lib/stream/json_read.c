/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "record/check.h"
#include "show/json.h"
#include "stream/failure.h"

enum { MAX_DEPTH = RECORD_DEPTH - 3 }; /* a tensor is a map with a list in it */

/* A tensor in the making: its elements are appended in the order of the lists. */
struct elements {
	const char *key, *type;
	size_t size, count;
	char *data;
};

static double special_value(const struct elements *e, const json_t *v)
{
	const char *text = json_is_string(v) ? json_string_value(v) : "";

	if (strcmp(text, "nan") == 0)
		return (double)NAN;
	if (strcmp(text, "inf") == 0)
		return (double)INFINITY;
	if (strcmp(text, "-inf") == 0)
		return -(double)INFINITY;
	die("tensor '%s' holds something that is no number", e->key);
}

static void append(struct elements *e, const json_t *v)
{
	char *to = e->data + e->count++ * e->size;
	int64_t whole = json_integer_value(v);
	double x;

	if (json_is_integer(v) && strcmp(e->type, "<i8") == 0) {
		memcpy(to, &whole, e->size);
		return;
	}
	x = json_is_number(v) ? json_number_value(v) : special_value(e, v);
	if (!tensor_store(e->type, to, x))
		die("tensor '%s' of type '%s' cannot hold %g", e->key, e->type, x);
}

static void append_all(struct elements *e, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);

		if (json_is_array(v))
			append_all(e, v);
		else
			append(e, v);
	}
}

static size_t count_elements(const json_t *list)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);

		count += json_is_array(v) ? count_elements(v) : 1;
	}
	return count;
}

/* Memory is taken for the elements that are there, not for those that a shape promises. */
static void draft_elements(struct draft *d, const char *key, const char *type, int dimensions,
	const long *shape, const json_t *data)
{
	struct elements e = { key ? key : "", type, tensor_element(type), 0, NULL };
	size_t count = 1, found = count_elements(data);

	for (int i = 0; i < dimensions; i++) {
		if (shape[i] && count > (size_t)UINT32_MAX / (size_t)shape[i] / e.size)
			die("tensor '%s' has more than 4 GiB", e.key);
		count *= (size_t)shape[i];
	}
	if (found != count)
		die("tensor '%s' has %zu elements, its shape says %zu", e.key, found, count);
	e.data = must_alloc(count, e.size);
	append_all(&e, data);
	draft_array(d, key, type, e.data, dimensions, shape);
	free(e.data);
}

/* {"tensor": type, "shape": [...], "data": [...]} */
static void draft_explicit(struct draft *d, const char *key, const json_t *map)
{
	const char *type = json_string_value(json_object_get(map, "tensor"));
	const json_t *list = json_object_get(map, "shape"), *data = json_object_get(map, "data");
	long shape[TENSOR_DIMENSIONS];
	size_t dimensions = json_array_size(list);

	if (!type || !tensor_element(type))
		die("tensor '%s' is of the unknown type '%s'", key ? key : "", type ? type : "");
	if (!json_is_array(list) || dimensions > TENSOR_DIMENSIONS || !json_is_array(data))
		die("tensor '%s' needs a 'shape' of at most %d sizes and its 'data'",
			key ? key : "", TENSOR_DIMENSIONS);
	for (size_t i = 0; i < dimensions; i++) {
		const json_t *n = json_array_get(list, i);

		if (!json_is_integer(n) || json_integer_value(n) < 0 ||
			json_integer_value(n) > INT32_MAX)
			die("tensor '%s' has a size in its shape that is no count", key ? key : "");
		shape[i] = (long)json_integer_value(n);
	}
	draft_elements(d, key, type, (int)dimensions, shape, data);
}

/* Numbers only, at any depth, and at least one? */
static bool all_numbers(const json_t *list, size_t *count)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);

		if (json_is_number(v))
			++*count;
		else if (!json_is_array(v) || !all_numbers(v, count))
			return false;
	}
	return true;
}

/* Do all lists at depth `d` and below have the sizes of `shape`, and numbers only in the last? */
static bool is_regular(const json_t *list, int d, int dimensions, const long *shape)
{
	if (json_array_size(list) != (size_t)shape[d])
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);

		if (json_is_array(v) != (d + 1 < dimensions))
			return false;
		if (json_is_array(v) && !is_regular(v, d + 1, dimensions, shape))
			return false;
	}
	return true;
}

static void draft_plain(struct draft *d, const char *key, const json_t *list)
{
	long shape[TENSOR_DIMENSIONS] = { 0 };
	int dimensions = 0;

	for (const json_t *v = list; json_is_array(v); v = json_array_get(v, 0)) {
		if (dimensions == TENSOR_DIMENSIONS)
			die("tensor '%s' has more than %d dimensions", key, TENSOR_DIMENSIONS);
		shape[dimensions++] = (long)json_array_size(v);
	}
	if (!is_regular(list, 0, dimensions, shape))
		die("tensor '%s' has rows of unequal length; {\"list\": [...]} makes a list of "
		    "numbers",
			key);
	draft_elements(d, key, "<f8", dimensions, shape, list);
}

static void draft_plain_list(struct draft *d, const char *key, const json_t *list)
{
	draft_list(d, key, (int)json_array_size(list));
	for (size_t i = 0; i < json_array_size(list); i++)
		json_draft(d, NULL, json_array_get(list, i), false);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void draft_hex(struct draft *d, const char *key, const char *hex)
{
	size_t size = strlen(hex) / 2;
	char *data = must_alloc(size, 1);

	for (size_t i = 0; hex[i]; i += 2) {
		int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);

		if (high < 0 || low < 0)
			die("'%s' has a 'bin' that is not hexadecimal", key ? key : "");
		data[i / 2] = (char)(high << 4 | low);
	}
	draft_bin(d, key, data, size);
	free(data);
}

static void draft_json_map(struct draft *d, const char *key, const json_t *map, bool plain)
{
	const json_t *list = json_object_get(map, "list"), *bin = json_object_get(map, "bin");
	size_t size = json_object_size(map);
	const char *k;
	json_t *v;

	if (size == 3 && json_object_get(map, "tensor")) {
		draft_explicit(d, key, map);
	} else if (size == 1 && json_is_array(list)) {
		draft_plain_list(d, key, list);
	} else if (size == 1 && json_is_string(bin)) {
		draft_hex(d, key, json_string_value(bin));
	} else {
		draft_map(d, key, (int)size);
		json_object_foreach((json_t *)map, k, v) json_draft(d, k, v, plain);
	}
}

void json_draft(struct draft *d, const char *key, const struct json_t *value, bool plain)
{
	size_t numbers = 0;

	if (key && json_is_ids(key))
		plain = false;
	if (json_is_object(value))
		draft_json_map(d, key, value, plain);
	else if (json_is_array(value) && plain && all_numbers(value, &numbers) && numbers)
		draft_plain(d, key, value);
	else if (json_is_array(value))
		draft_plain_list(d, key, value);
	else if (json_is_string(value))
		draft_text(d, key, json_string_value(value));
	else if (json_is_integer(value))
		draft_int(d, key, (long)json_integer_value(value));
	else if (json_is_real(value))
		draft_real(d, key, json_real_value(value));
	else if (json_is_boolean(value))
		draft_bool(d, key, json_is_true(value));
	else
		draft_object(d, key, &(msgpack_object){ .type = MSGPACK_OBJECT_NIL });
}

/* How deep lists and maps are nested. */
static int json_depth(const json_t *value)
{
	int deepest = 0, depth;
	const char *k;
	json_t *v;

	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value); i++)
			if ((depth = json_depth(json_array_get(value, i))) > deepest)
				deepest = depth;
	} else if (json_is_object(value)) {
		json_object_foreach((json_t *)value, k, v) if ((depth = json_depth(v)) > deepest)
			deepest = depth;
	} else {
		return 0;
	}
	return 1 + deepest;
}

void json_draft_keys(struct draft *d, const struct json_t *line, bool plain)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)line, key, value) if (strcmp(key, "type") != 0)
		json_draft(d, key, value, plain);
}

/* The writer of the lines has failed. */
static _Noreturn void fail(const json_t *line, int fd)
{
	const char *program = json_string_value(json_object_get(line, "program"));
	const char *message = json_string_value(json_object_get(line, "message"));

	failure_pass_on(program ? program : "a program", message ? message : "it does not say why",
		json_object_get(line, "stored") != NULL, fd);
}

struct json_t *json_line(const char *text, size_t length, int fd, const char **type)
{
	json_error_t error;
	json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

	if (!line)
		die("no JSON: %s", error.text);
	if (!json_is_object(line))
		die("no JSON object");
	*type = json_string_value(json_object_get(line, "type"));
	if (!*type)
		die("no 'type'");
	if (strcmp(*type, "failed") == 0)
		fail(line, fd);
	if (json_depth(line) > MAX_DEPTH)
		die("nested more than %d deep", MAX_DEPTH);
	return line;
}
