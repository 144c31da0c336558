/* SPDX-License-Identifier: Apache-2.0 */
#include "record/text.h"

#include <stdbool.h>
#include <string.h>

static bool needs_quotes(const char *text)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_-+=.,:/@%^";

	return !*text || text[strspn(text, safe)];
}

/* Append one word; a quote inside quotes is '\''. Bytes that are no UTF-8 become U+FFFD. */
static char *put_word(char *to, const char *word)
{
	bool quoted = needs_quotes(word);
	size_t left = strlen(word);

	if (quoted)
		*to++ = '\'';
	for (size_t n; left; word += n, left -= n) {
		n = utf8_char(word, left);
		if (*word == '\'') {
			memcpy(to, "'\\''", 4);
			to += 4;
		} else if (n) {
			memcpy(to, word, n);
			to += n;
		} else {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			n = 1;
		}
	}
	if (quoted)
		*to++ = '\'';
	return to;
}

const char *command_line(int argc, char **argv, const char *program, struct arena *a)
{
	size_t room = 4 * strlen(program) + 4;
	char *text, *p;

	for (int i = 1; i < argc; i++)
		room += 4 * strlen(argv[i]) + 4;
	text = arena_alloc(a, room);
	p = put_word(text, program);
	for (int i = 1; i < argc; i++) {
		*p++ = ' ';
		p = put_word(p, argv[i]);
	}
	*p = '\0';
	return text;
}

bool word_among(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; p && *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == n && strncmp(p, word, n) == 0)
			return true;
	return false;
}

const char *word_alternatives(const char *list, struct arena *a)
{
	const char *text = "";

	for (const char *p = list; *p; p += strcspn(p, " "), p += strspn(p, " "))
		text = arena_printf(
			a, "%s%s'%.*s'", text, *text ? " or " : "", (int)strcspn(p, " "), p);
	return text;
}
