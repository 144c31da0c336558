/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/mapped.h"
#include "pack/pointer.h"

enum { MOST_LEVELS = 16, MOST_BYTES = 100 * 1000 * 1000 };

struct yaml_reader {
	const char *path;
	yaml_parser_t parser;
	yaml_event_t event; /* the one that was read last */
};

/* The line of what was read last, from 1 on. */
static size_t line(const struct yaml_reader *r)
{
	return r->event.start_mark.line + 1;
}

static void next(struct yaml_reader *r)
{
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return;
	if (r->parser.error == YAML_MEMORY_ERROR)
		die("out of memory");
	die("%s: not valid YAML: line %zu: %s", r->path, r->parser.problem_mark.line + 1,
		r->parser.problem ? r->parser.problem : "unreadable");
}

/* Anchors and tags can stand at any value. */
static void check_plain(
	const struct yaml_reader *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor || tag)
		die("%s: line %zu: %s '%s': not supported; write the value itself", r->path,
			line(r), anchor ? "anchor" : "tag", (const char *)(anchor ? anchor : tag));
}

/* Is it a number as JSON writes them? */
static bool is_number(const char *s, bool *whole)
{
	static const char digits[] = "0123456789";
	size_t n;

	*whole = true;
	s += *s == '-';
	n = strspn(s, digits);
	if (!n || (*s == '0' && n > 1))
		return false;
	s += n;
	if (*s == '.') {
		*whole = false;
		n = strspn(++s, digits);
		if (!n)
			return false;
		s += n;
	}
	if (*s == 'e' || *s == 'E') {
		*whole = false;
		s++;
		s += *s == '+' || *s == '-';
		n = strspn(s, digits);
		if (!n)
			return false;
		s += n;
	}
	return !*s;
}

/* A number that does not fit is a text: no getter takes it. */
static json_t *number(const char *text, bool whole)
{
	double x;

	errno = 0;
	if (whole) {
		long long n = strtoll(text, NULL, 10);

		return errno ? NULL : json_integer(n);
	}
	x = strtod(text, NULL);
	return isfinite(x) ? json_real(x) : NULL;
}

static json_t *plain_value(const char *text)
{
	bool whole;

	if (!*text || !strcmp(text, "~") || !strcmp(text, "null"))
		return json_null();
	if (!strcmp(text, "true") || !strcmp(text, "false"))
		return json_boolean(*text == 't');
	return is_number(text, &whole) ? number(text, whole) : NULL;
}

static json_t *must_have(json_t *value)
{
	if (!value)
		die("out of memory");
	return value;
}

static json_t *scalar(const struct yaml_reader *r)
{
	const char *text = (const char *)r->event.data.scalar.value;
	size_t length = r->event.data.scalar.length;
	json_t *value = NULL;

	check_plain(r, r->event.data.scalar.anchor, r->event.data.scalar.tag);
	if (memchr(text, 0, length))
		die("%s: line %zu: a byte 0", r->path, line(r));
	if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		value = plain_value(text);
	return value ? value : must_have(json_stringn(text, length));
}

static json_t *read_value(struct yaml_reader *r, int level);

static json_t *mapping(struct yaml_reader *r, int level)
{
	json_t *object = must_have(json_object());

	check_plain(r, r->event.data.mapping_start.anchor, r->event.data.mapping_start.tag);
	for (next(r); r->event.type != YAML_MAPPING_END_EVENT; next(r)) {
		if (r->event.type != YAML_SCALAR_EVENT)
			die("%s: line %zu: a key that is not a text", r->path, line(r));

		size_t length = r->event.data.scalar.length, at = line(r);
		char *key = must_strdup((const char *)r->event.data.scalar.value);

		check_plain(r, r->event.data.scalar.anchor, r->event.data.scalar.tag);
		if (strlen(key) != length)
			die("%s: line %zu: a byte 0", r->path, at);
		if (json_object_get(object, key))
			die("%s: line %zu: '%s' stands there twice", r->path, at, key);
		next(r);
		if (json_object_set_new(object, key, read_value(r, level + 1)))
			die("%s: line %zu: not UTF-8", r->path, at);
		free(key);
	}
	return object;
}

static json_t *sequence(struct yaml_reader *r, int level)
{
	json_t *array = must_have(json_array());

	check_plain(r, r->event.data.sequence_start.anchor, r->event.data.sequence_start.tag);
	for (next(r); r->event.type != YAML_SEQUENCE_END_EVENT; next(r))
		if (json_array_append_new(array, read_value(r, level + 1)))
			die("out of memory");
	return array;
}

/* The value that begins with the event that was read last. */
static json_t *read_value(struct yaml_reader *r, int level)
{
	if (level > MOST_LEVELS)
		die("%s: line %zu: more than %d levels", r->path, line(r), MOST_LEVELS);
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return scalar(r);
	case YAML_MAPPING_START_EVENT:
		return mapping(r, level);
	case YAML_SEQUENCE_START_EVENT:
		return sequence(r, level);
	case YAML_ALIAS_EVENT:
		die("%s: line %zu: alias '%s': not supported; write the value itself", r->path,
			line(r), (const char *)r->event.data.alias.anchor);
	default:
		die("%s: line %zu: no value", r->path, line(r));
	}
}

struct json_file yaml_file_parse(const char *path, const char *text, size_t length)
{
	struct yaml_reader r = { .path = path };
	json_t *object = NULL;

	if (length > MOST_BYTES)
		die("%s: %zu bytes, more than %d", path, length, MOST_BYTES);
	if (!yaml_parser_initialize(&r.parser))
		die("out of memory");
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text ? text : ""), length);
	next(&r); /* the stream's start */
	next(&r); /* the document's */
	if (r.event.type == YAML_DOCUMENT_START_EVENT) {
		next(&r);
		if (r.event.type == YAML_MAPPING_START_EVENT)
			object = read_value(&r, 1);
	}
	if (!object)
		die("%s: not a YAML mapping", path);
	next(&r); /* the document's end */
	next(&r);
	if (r.event.type != YAML_STREAM_END_EVENT)
		die("%s: line %zu: a second document", path, line(&r));
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return (struct json_file){ path, object };
}

struct json_file yaml_file_load(const char *path)
{
	size_t size;

	pointer_check(path);
	const char *text = mapped_open(path, &size);

	return yaml_file_parse(path, text, size);
}
