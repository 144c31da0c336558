/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/text.h"

#include <stdbool.h>
#include <string.h>

size_t utf8_char(const char *p, size_t left)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	if (n == 0 || n > left || u[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f)) /* long, surrogate */
		return 0;
	if ((u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return n;
}

/* The same, 0 also for control characters: those below space, delete, and 0x80 to 0x9f. */
static size_t plain_char(const char *p, size_t left)
{
	size_t n = utf8_char(p, left);
	unsigned char first = (unsigned char)p[0];

	if (first < ' ' || first == 0x7f)
		return 0;
	if (first == 0xc2 && n == 2 && (unsigned char)p[1] < 0xa0)
		return 0;
	return n;
}

void put_plain(FILE *to, const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		size_t n = plain_char(text + i, size - i);

		if (n)
			fwrite(text + i, 1, n, to);
		else
			fputc('?', to);
		i += n ? n : 1;
	}
}

static bool needs_quotes(const char *text)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_-+=.,:/@%^";

	return !*text || text[strspn(text, safe)];
}

/* Append one word; a quote inside quotes is '\''. Bytes that are no UTF-8 become '?'. */
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
			*to++ = '?';
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
