/* SPDX-License-Identifier: Apache-2.0 */
#include "release/option_words.h"

#include <string.h>

#include "base/die.h"

bool option_among(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == n && strncmp(p, word, n) == 0)
			return true;
	return false;
}

bool option_unused(const struct unused_options *list, const char *key)
{
	for (; list->keys; list++)
		if (option_among(list->keys, key))
			return true;
	return false;
}

const char *option_text(const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text)
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (!text)
		die("out of memory");
	return text;
}
