/* SPDX-License-Identifier: Apache-2.0 */
#include "token/json_line.h"

#include <jansson.h>
#include <string.h>

#include "base/die.h"

static json_t *parsed(const char *line, size_t length)
{
	json_error_t error;
	json_t *value = json_loadb(line, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	if (!value)
		die("not valid JSON: %s", error.text);
	return value;
}

struct piece json_line_text(const char *line, size_t length, struct arena *a)
{
	json_t *value = parsed(line, length);

	if (!json_is_string(value))
		die("not a JSON string");
	length = json_string_length(value);

	struct piece text = { arena_text(a, json_string_value(value), length), length };

	json_decref(value);
	return text;
}

struct piece json_line_ids(const char *line, size_t length, struct arena *a)
{
	json_t *list = parsed(line, length), *id;
	struct writing w = { .arena = a };
	size_t i;

	if (!json_is_array(list))
		die("not a JSON list of ids");
	json_array_foreach(list, i, id)
	{
		const char *text = arena_printf(a, "%lld ", (long long)json_integer_value(id));

		if (!json_is_integer(id))
			die("not a JSON list of ids");
		write_text(&w, text, strlen(text));
	}
	json_decref(list);
	return written_piece(&w, 0);
}
