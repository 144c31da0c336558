/* SPDX-License-Identifier: Apache-2.0 */
#include "subword/model.h"

#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "subword/stage.h"

static const struct model_kind *const kinds[] = { &model_bpe, &model_unigram, &model_word_piece,
	&model_word_level, NULL };

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

/* Files of before types were written have none: then the settings tell. */
static const char *type_of(const struct json_file *f)
{
	const char *type = json_text_or(f, "type", NULL);

	if (type)
		return type;
	if (json_find(f, "merges"))
		return "BPE";
	if (json_is_array(json_find(f, "vocab")))
		return "Unigram";
	return json_find(f, "continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

struct subword_model subword_model_open(const struct json_file *tokenizer)
{
	struct json_file f = setting_object(tokenizer, "model");
	struct subword_model m = { NULL, NULL, NULL };

	if (!f.object)
		die("%s: 'model' is missing: not a tokenizer", tokenizer->path);
	for (int i = 0; kinds[i]; i++)
		if (!strcmp(kinds[i]->type, type_of(&f)))
			m.kind = kinds[i];
	if (!m.kind)
		die("%s: '%s' is not supported; supported are BPE, Unigram, WordPiece, WordLevel",
			f.path, type_of(&f));
	settings_check(&f, m.kind->keys);
	m.opened = m.kind->open(&f, &m.lexicon);
	return m;
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

		if (!json_whole(value, &id) || id < 0 || id >= INT32_MAX / 4)
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
