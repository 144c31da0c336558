/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

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

bool utf8_valid(const char *text, size_t size)
{
	for (size_t i = 0, n; i < size; i += n)
		if (!(n = utf8_char(text + i, size - i)))
			return false;
	return true;
}

unsigned utf8_code(const char *p, size_t bytes)
{
	static const unsigned char first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned c = (unsigned char)p[0] & first[bytes];

	for (size_t i = 1; i < bytes; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

static bool is_plain(unsigned c)
{
	if (c < ' ' || (c >= 0x7f && c < 0xa0))
		return false;
	return !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069) && c != 0xfffe &&
	       c != 0xffff;
}

size_t utf8_plain(const char *p, size_t left, bool *plain)
{
	size_t n = utf8_char(p, left);

	*plain = n && is_plain(utf8_code(p, n));
	return n ? n : 1;
}

void plain_text(char *text)
{
	char *to = text;
	bool plain;

	for (size_t left = strlen(text), n; left; text += n, left -= n) {
		n = utf8_plain(text, left, &plain);
		if (plain)
			memmove(to, text, n);
		else
			*to = '?';
		to += plain ? n : 1;
	}
	*to = '\0';
}

void put_plain_but(FILE *to, const char *text, size_t size, const char *kept)
{
	bool plain;

	for (size_t i = 0, n; i < size; i += n) {
		n = utf8_plain(text + i, size - i, &plain);
		if (plain || (text[i] && strchr(kept, text[i])))
			fwrite(text + i, 1, n, to);
		else
			fputc('?', to);
	}
}

void put_plain(FILE *to, const char *text, size_t size)
{
	put_plain_but(to, text, size, "");
}

void put_plain_json(FILE *to, const char *text, size_t size)
{
	bool plain;

	for (size_t i = 0, n; i < size; i += n) {
		n = utf8_plain(text + i, size - i, &plain);
		if (plain)
			fwrite(text + i, 1, n, to);
		else
			fprintf(to, "\\u%04x",
				utf8_char(text + i, size - i) ? utf8_code(text + i, n) : 0xfffd);
	}
}
