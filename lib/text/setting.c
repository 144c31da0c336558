/* SPDX-License-Identifier: Apache-2.0 */
#include "text/setting.h"

#include <string.h>

#include "base/die.h"
#include "text/unicode.h"

struct json_file setting_object(const struct json_file *f, const char *key)
{
	struct arena a = { 0 };
	const json_t *value = json_find(f, key);

	if (value && !json_is_object(value))
		die("%s: '%s' must be an object", f->path, key);
	return (struct json_file){ arena_printf(&a, "%s: %s", f->path, key), value };
}

void settings_check(const struct json_file *f, const char *const *keys)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)f->object, key, value)
	{
		const char *const *k = keys;

		while (*k && strcmp(*k, key))
			k++;
		if (!*k && strcmp(key, "type") && !json_is_null(value))
			die("%s: '%s' is no setting that is known here", f->path, key);
	}
}

struct piece setting_piece(const struct json_file *f, const char *key)
{
	const json_t *value = json_find(f, key);

	if (!json_is_string(value))
		die("%s: '%s' must be a string", f->path, key);
	return (struct piece){ json_string_value(value), json_string_length(value) };
}

unsigned setting_character(const struct json_file *f, const char *key, unsigned otherwise)
{
	if (!json_find(f, key))
		return otherwise;

	struct piece text = setting_piece(f, key);
	const char *p = text.text, *end = p + text.length;
	unsigned c = text.length ? unicode_next(&p, end) : 0;

	if (!text.length || p != end)
		die("%s: '%s' must be one character", f->path, key);
	return c;
}

int setting_word(
	const struct json_file *f, const char *key, const char *const *words, int otherwise)
{
	const char *word = json_text_or(f, key, NULL);

	if (!word)
		return otherwise;
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	die("%s: '%s' is '%s', which is not supported", f->path, key, word);
}
