/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"
#include "pack/pointer.h"

char *path_join(const char *directory, const char *name)
{
	size_t size = strlen(directory) + strlen(name) + 2;
	size_t end = strlen(directory);
	char *path = must_alloc(size, 1);

	while (end > 1 && directory[end - 1] == '/')
		end--;
	snprintf(path, size, "%.*s/%s", (int)end, directory, name);
	return path;
}

static struct json_file checked(const char *path, json_t *object, const json_error_t *error)
{
	if (!object)
		die("%s: not valid JSON: line %d: %s", path, error->line, error->text);
	if (!json_is_object(object))
		die("%s: not a JSON object", path);
	return (struct json_file){ path, object };
}

static bool number_too_big(const json_t *object, const json_error_t *error)
{
	return !object && json_error_code(error) == json_error_numeric_overflow;
}

/* Python writes "no limit" as a whole number of 31 digits: only then numbers are read as real. */
struct json_file json_file_load(const char *path)
{
	json_error_t error;

	pointer_check(path);
	json_t *object = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (number_too_big(object, &error))
		object = json_load_file(
			path, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
	if (!object && json_error_code(&error) == json_error_cannot_open_file)
		die_errno("cannot open %s", path);
	return checked(path, object, &error);
}

struct json_file json_file_open(const char *directory, const char *name)
{
	return json_file_load(path_join(directory, name));
}

struct json_file json_file_try(const char *directory, const char *name)
{
	char *path = path_join(directory, name);

	if (access(path, F_OK) && (errno == ENOENT || errno == ENOTDIR))
		return (struct json_file){ path, NULL };
	return json_file_load(path);
}

struct json_file json_file_parse(const char *path, const char *text, size_t length)
{
	json_error_t error;
	json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

	return checked(path, object, &error);
}

const json_t *json_find(const struct json_file *f, const char *key)
{
	const json_t *value = json_object_get(f->object, key);

	return json_is_null(value) ? NULL : value;
}

static const json_t *must_find(const struct json_file *f, const char *key)
{
	const json_t *value = json_find(f, key);

	if (!value)
		die("%s: '%s' is missing", f->path, key);
	return value;
}

bool json_whole(const json_t *value, long *n)
{
	double x;

	if (json_is_integer(value)) {
		*n = (long)json_integer_value(value);
		return true;
	}
	if (!json_is_real(value))
		return false;
	x = json_real_value(value);
	if (floor(x) != x || fabs(x) > 0x1p53)
		return false;
	*n = (long)x;
	return true;
}

long json_int(const struct json_file *f, const char *key)
{
	long n;

	if (!json_whole(must_find(f, key), &n))
		die("%s: '%s' must be a whole number", f->path, key);
	return n;
}

const char *json_text(const struct json_file *f, const char *key)
{
	const json_t *value = must_find(f, key);

	if (!json_is_string(value))
		die("%s: '%s' must be a string", f->path, key);
	return json_string_value(value);
}

long json_int_or(const struct json_file *f, const char *key, long otherwise)
{
	return json_find(f, key) ? json_int(f, key) : otherwise;
}

const char *json_text_or(const struct json_file *f, const char *key, const char *otherwise)
{
	return json_find(f, key) ? json_text(f, key) : otherwise;
}

double json_real_or(const struct json_file *f, const char *key, double otherwise)
{
	const json_t *value = json_find(f, key);

	if (value && !json_is_number(value))
		die("%s: '%s' must be a number", f->path, key);
	return value ? json_number_value(value) : otherwise;
}

bool json_bool_or(const struct json_file *f, const char *key, bool otherwise)
{
	const json_t *value = json_find(f, key);

	if (value && !json_is_boolean(value))
		die("%s: '%s' must be true or false", f->path, key);
	return value ? json_is_true(value) : otherwise;
}
