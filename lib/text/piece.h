/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TEXT_PIECE_H
#define LRP_TEXT_PIECE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* A piece of a text: `length` bytes, of valid UTF-8 where nothing else is said. */
struct piece {
	const char *text;
	size_t length;
};

/* A list of pieces that grows in an arena. */
struct pieces {
	struct piece *at;
	size_t count, room;
	bool begins; /* its first piece is the beginning of the whole text */
};

void pieces_add(struct pieces *list, const char *text, size_t length, struct arena *a);

/* Text in the making: `room` bytes at `text`, of which `length` are written. */
struct writing {
	char *text;
	size_t length, room;
	struct arena *arena;
};

void write_text(struct writing *d, const char *text, size_t length);

/* A character by its code point. */
void write_character(struct writing *d, unsigned c);

/* What was written from byte `begin` on, as a piece with a NUL behind it. */
struct piece written_piece(struct writing *d, size_t begin);

/* The text with another one in place of each `old`, which is not empty. */
struct piece piece_replace(
	struct piece text, struct piece old, struct piece other, struct arena *a);

struct piece piece_of(const char *text);
bool piece_is(struct piece p, const char *text);
bool piece_begins(struct piece p, const char *text, size_t length);

#endif
