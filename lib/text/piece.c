/* SPDX-License-Identifier: Apache-2.0 */
#include "text/piece.h"

#include <stdint.h>
#include <string.h>

#include "base/die.h"

void pieces_add(struct pieces *list, const char *text, size_t length, struct arena *a)
{
	if (list->count == list->room) {
		struct piece *old = list->at;

		list->room = list->room ? 2 * list->room : 16;
		list->at = arena_array(a, list->room, sizeof *list->at);
		if (list->count)
			memcpy(list->at, old, list->count * sizeof *old);
	}
	list->at[list->count++] = (struct piece){ text, length };
}

void write_text(struct writing *d, const char *text, size_t length)
{
	if (d->room - d->length < length + 1) {
		char *old = d->text;

		if (length > SIZE_MAX / 4 - d->room)
			die("a text is too long");
		d->room = 2 * (d->room + length) + 16;
		d->text = arena_alloc(d->arena, d->room);
		if (d->length)
			memcpy(d->text, old, d->length);
	}
	memcpy(d->text + d->length, text, length);
	d->length += length;
}

void write_character(struct writing *d, unsigned c)
{
	char bytes[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i; i--, c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3f));
	bytes[0] = (char)(first[n] | c);
	write_text(d, bytes, n);
}

struct piece written_piece(struct writing *d, size_t begin)
{
	size_t length = d->length - begin;

	write_text(d, "", 1);
	return (struct piece){ d->text + begin, length };
}

struct piece piece_replace(struct piece text, struct piece old, struct piece other, struct arena *a)
{
	const char *p = text.text, *end = p + text.length, *at;
	struct writing w = { .arena = a };

	if (!memmem(p, text.length, old.text, old.length))
		return text;
	for (; (at = memmem(p, (size_t)(end - p), old.text, old.length)); p = at + old.length) {
		write_text(&w, p, (size_t)(at - p));
		write_text(&w, other.text, other.length);
	}
	write_text(&w, p, (size_t)(end - p));
	return written_piece(&w, 0);
}

struct piece piece_of(const char *text)
{
	return (struct piece){ text, strlen(text) };
}

bool piece_is(struct piece p, const char *text)
{
	return p.length == strlen(text) && !memcmp(p.text, text, p.length);
}

bool piece_begins(struct piece p, const char *text, size_t length)
{
	return p.length >= length && !memcmp(p.text, text, length);
}
