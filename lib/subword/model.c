/* SPDX-License-Identifier: Apache-2.0 */
#include "subword/model.h"

#include <stdio.h>
#include <string.h>

#include "base/die.h"

void subwords_add(struct subwords *list, int32_t id, struct piece piece, struct arena *a)
{
	if (list->count == list->room) {
		struct subwords old = *list;

		list->room = list->room ? 2 * list->room : 64;
		list->ids = arena_array(a, list->room, sizeof *list->ids);
		list->pieces = arena_array(a, list->room, sizeof *list->pieces);
		if (list->count) {
			memcpy(list->ids, old.ids, list->count * sizeof *old.ids);
			memcpy(list->pieces, old.pieces, list->count * sizeof *old.pieces);
		}
	}
	list->ids[list->count] = id;
	list->pieces[list->count++] = piece;
}

struct lexicon *vocabulary_of(const struct json_file *f, const char *key)
{
	const json_t *vocabulary = json_find(f, key);
	struct lexicon *l = lexicon_new(json_object_size(vocabulary));
	const char *text;
	size_t length;
	json_t *value;

	if (!json_is_object(vocabulary))
		die("%s: '%s' must be an object", f->path, key);
	json_object_keylen_foreach((json_t *)vocabulary, text, length, value)
	{
		long id;

		if (!json_whole(value, &id) || id < 0 || id >= LEXICON_END)
			die("%s: the id of '%s' must be a whole number", f->path, text);
		lexicon_add(l, (struct piece){ text, length }, (int32_t)id);
	}
	return l;
}

void byte_ids(const struct lexicon *l, int32_t ids[256])
{
	for (int i = 0; i < 256; i++) {
		char name[8];

		snprintf(name, sizeof name, "<0x%02X>", i);
		ids[i] = lexicon_id(l, piece_of(name));
	}
}

bool add_bytes(const struct lexicon *l, const int32_t ids[256], struct piece text,
	struct subwords *to, struct arena *a)
{
	for (size_t i = 0; i < text.length; i++)
		if (ids[(unsigned char)text.text[i]] < 0)
			return false;
	for (size_t i = 0; i < text.length; i++) {
		int32_t id = ids[(unsigned char)text.text[i]];

		subwords_add(to, id, *lexicon_piece(l, id), a);
	}
	return true;
}
