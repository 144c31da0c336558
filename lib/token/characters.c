/* SPDX-License-Identifier: Apache-2.0 */
#include "token/characters.h"

#include "base/utf8.h"

int character_length(const char *text)
{
	return (int)utf8_char(text, 4); /* the NUL at its end is no part of one */
}

int character_space(const char *text)
{
	int n = character_length(text);

	if (n < 1 || n > 3)
		return 0;
	unsigned c = utf8_code(text, (size_t)n);
	bool space = (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 ||
		     c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
		     c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
	return space ? n : 0;
}

bool is_blank(const char *text)
{
	int n;

	while ((n = character_space(text)))
		text += n;
	return !*text;
}

const char *trimmed(const char *text, size_t *length)
{
	int n;

	while ((n = character_space(text)))
		text += n;
	*length = 0;
	for (const char *p = text; *p; p += n) {
		n = character_space(p);
		if (!n) {
			n = character_length(p) ? character_length(p) : 1;
			*length = (size_t)(p + n - text);
		}
	}
	return text;
}

long invalid_utf8(const char *text, size_t length)
{
	for (size_t i = 0, n; i < length; i += n) {
		n = utf8_char(text + i, length - i);
		if (!n)
			return (long)i + 1;
	}
	return 0;
}
