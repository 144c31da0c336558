/* SPDX-License-Identifier: Apache-2.0 */
#include "text/bytes.h"

#include <ctype.h>
#include <stdlib.h>

#include "text/unicode.h"

static bool is_seen(unsigned byte)
{
	return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

/* The unseen: 0 to 32, 127 to 160, 173. */
static unsigned character_of(unsigned byte)
{
	if (is_seen(byte))
		return byte;
	return 0x100 + (byte <= ' ' ? byte : byte <= 0xa0 ? byte - 0x7f + 0x21 : 0x43);
}

/* -1: the character stands for no byte. */
static int byte_of(unsigned c)
{
	if (c < 0x100)
		return is_seen(c) ? (int)c : -1;
	if (c > 0x143)
		return -1;
	c -= 0x100;
	return (int)(c <= ' ' ? c : c < 0x43 ? c - 0x21 + 0x7f : 0xad);
}

void bytes_shown(struct writing *d, struct piece text)
{
	for (size_t i = 0; i < text.length; i++)
		write_character(d, character_of((unsigned char)text.text[i]));
}

void bytes_meant(struct writing *d, struct piece text)
{
	const char *p = text.text, *end = p + text.length;
	size_t before = d->length;

	while (p < end) {
		int byte = byte_of(unicode_next(&p, end));
		char c = (char)byte;

		if (byte < 0) {
			d->length = before;
			write_text(d, text.text, text.length);
			return;
		}
		write_text(d, &c, 1);
	}
}

int byte_named(struct piece token)
{
	const char *t = token.text;

	if (token.length != 6 || !piece_begins(token, "<0x", 3) || t[5] != '>' ||
		!isxdigit((unsigned char)t[3]) || !isxdigit((unsigned char)t[4]))
		return -1;
	return (int)strtol((const char[]){ t[3], t[4], '\0' }, NULL, 16);
}
