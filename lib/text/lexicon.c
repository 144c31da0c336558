/* SPDX-License-Identifier: Apache-2.0 */
#include "text/lexicon.h"

#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/die.h"

/* An open hash table, at most half full. */
struct lexicon {
	struct slot {
		struct piece piece;
		int32_t id;
	} * place; /* text NULL: free */
	size_t places, count;
	struct piece *by_id; /* text NULL: none */
	int32_t end, room;
};

struct lexicon *lexicon_new(size_t expected)
{
	struct lexicon *l = must_alloc(1, sizeof *l);

	for (l->places = 64; l->places < 2 * expected;)
		l->places *= 2;
	l->place = must_alloc(l->places, sizeof *l->place);
	return l;
}

static struct slot *slot_of(const struct lexicon *l, struct piece piece)
{
	size_t i = XXH3_64bits(piece.text, piece.length) & (l->places - 1);

	while (l->place[i].piece.text &&
		(l->place[i].piece.length != piece.length ||
			memcmp(l->place[i].piece.text, piece.text, piece.length)))
		i = (i + 1) & (l->places - 1);
	return &l->place[i];
}

static void grow(struct lexicon *l)
{
	struct lexicon old = *l;

	l->places *= 2;
	l->place = must_alloc(l->places, sizeof *l->place);
	for (size_t i = 0; i < old.places; i++)
		if (old.place[i].piece.text)
			*slot_of(l, old.place[i].piece) = old.place[i];
}

static void add_id(struct lexicon *l, struct piece piece, int32_t id)
{
	if (id >= l->room) {
		int32_t room = id < INT32_MAX / 2 - 64 ? 2 * id + 64 : INT32_MAX;

		l->by_id = must_realloc(l->by_id, (size_t)room, sizeof *l->by_id);
		memset(l->by_id + l->room, 0, (size_t)(room - l->room) * sizeof *l->by_id);
		l->room = room;
	}
	l->by_id[id] = piece;
	if (id >= l->end)
		l->end = id + 1;
}

void lexicon_add(struct lexicon *l, struct piece piece, int32_t id)
{
	if (2 * (l->count + 1) > l->places)
		grow(l);

	struct slot *p = slot_of(l, piece);

	l->count += !p->piece.text;
	*p = (struct slot){ piece, id };
	add_id(l, piece, id);
}

int32_t lexicon_id(const struct lexicon *l, struct piece piece)
{
	const struct slot *p = slot_of(l, piece);

	return p->piece.text ? p->id : -1;
}

const struct piece *lexicon_piece(const struct lexicon *l, int32_t id)
{
	return id >= 0 && id < l->end && l->by_id[id].text ? &l->by_id[id] : NULL;
}

int32_t lexicon_end(const struct lexicon *l)
{
	return l->end;
}
