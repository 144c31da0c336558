/* SPDX-License-Identifier: Apache-2.0 */
#include "vocab/added_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "text/lexicon.h"
#include "text/trie.h"

/* A token's text: a string, or an object that holds it as "content"; NULL: something else. */
static const char *content(const json_t *value)
{
	if (json_is_object(value))
		value = json_object_get(value, "content");
	return json_is_string(value) ? json_string_value(value) : NULL;
}

static bool is_set(const json_t *value, const char *key)
{
	return json_is_object(value) && json_is_true(json_object_get(value, key));
}

/* Special tokens are not, where a file does not say so. */
static bool is_normalized(const json_t *value, bool special)
{
	const json_t *said = json_is_object(value) ? json_object_get(value, "normalized") : NULL;

	return said ? json_is_true(said) : !special;
}

const struct added_token *added_tokens_named(
	const struct added_tokens *added, const char *text, size_t length)
{
	int32_t place =
		added->places ? lexicon_id(added->places, (struct piece){ text, length }) : -1;

	return place < 0 ? NULL : &added->at[place];
}

/* Add a token, or say of one that is there that it is special. */
static void add(
	struct added_tokens *added, const json_t *value, const char *text, long id, bool special)
{
	struct added_token *old;

	if (!text || !*text)
		return;
	old = (struct added_token *)added_tokens_named(added, text, strlen(text));
	if (old) {
		old->special |= special;
		old->normalized &= old->said || !old->special;
		return;
	}
	if (!added->places)
		added->places = lexicon_new(64);
	if (added->count == added->room) {
		added->room = 2 * added->room + 16;
		added->at = must_realloc(added->at, (size_t)added->room, sizeof *added->at);
	}
	lexicon_add(added->places, piece_of(text), added->count);
	added->at[added->count++] = (struct added_token){ .text = text,
		.length = strlen(text),
		.id = id,
		.special = special || is_set(value, "special"),
		.trims_left = is_set(value, "lstrip"),
		.trims_right = is_set(value, "rstrip"),
		.whole_word = is_set(value, "single_word"),
		.normalized = is_normalized(value, special || is_set(value, "special")),
		.said = json_is_object(value) && json_object_get(value, "normalized") };
}

static void read_decoder(
	struct added_tokens *added, const struct json_file *f, const json_t *decoder)
{
	const char *number;
	json_t *value;

	json_object_foreach((json_t *)decoder, number, value)
	{
		char *end;
		long id = strtol(number, &end, 10);

		if (end == number || *end || id < 0 || !content(value))
			die("%s: 'added_tokens_decoder' must hold tokens by their ids, not '%s'",
				f->path, number);
		add(added, value, content(value), id, false);
	}
}

static void read_added(struct added_tokens *added, const struct json_file *f)
{
	const char *text;
	json_t *value;

	json_object_foreach((json_t *)f->object, text, value)
	{
		long id;

		if (!json_whole(value, &id) || id < 0)
			die("%s: the id of '%s' must be a whole number", f->path, text);
		add(added, NULL, text, id, false);
	}
}

static const json_t *decoder_of(const struct json_file *settings)
{
	const json_t *decoder = json_find(settings, "added_tokens_decoder");

	return json_is_object(decoder) ? decoder : NULL;
}

/* The value of a key of the special tokens, by the file that goes first. */
static const json_t *find_special(
	const struct json_file *settings, const struct json_file *map, const char *key)
{
	const json_t *value = decoder_of(settings) ? NULL : json_find(map, key);

	return value ? value : json_find(settings, key);
}

/* One special token, or a list or map of them. */
static void add_specials(struct added_tokens *added, const json_t *value)
{
	const char *key;
	json_t *each;
	size_t i;

	add(added, value, content(value), -1, true);
	json_array_foreach((json_t *)value, i, each) add(added, each, content(each), -1, true);
	if (!content(value))
		json_object_foreach((json_t *)value, key, each)
			add(added, each, content(each), -1, true);
}

/* Where a name may stand. */
struct named_by {
	const struct json_file *settings, *map;
	const struct tokenizer_class *class;
};

static const char *name_of(const void *context, const char *key)
{
	const struct named_by *by = context;
	const char *text = content(find_special(by->settings, by->map, key));

	return text ? text : special_name(by->class->names, key);
}

struct special_names special_names_read(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class)
{
	struct json_file map = json_file_try(directory, "special_tokens_map.json");
	struct named_by by = { settings, &map, class };

	return special_names_by(name_of, &by);
}

static void make_trie(struct added_tokens *added)
{
	struct piece *texts = must_alloc((size_t)added->count + 1, sizeof *texts);
	int32_t *places = must_alloc((size_t)added->count + 1, sizeof *places);

	for (int i = 0; i < added->count; i++) {
		texts[i] = (struct piece){ added->at[i].text, added->at[i].length };
		places[i] = i;
	}
	added->trie = trie_new(texts, places, (size_t)added->count);
	free(texts);
	free(places);
}

/* The mask of some classes takes the space in front of it, where no file says what it does. */
static void trim_mask(struct added_tokens *added, const struct named_by *by)
{
	const char *name = name_of(by, "mask_token");
	struct added_token *mask =
		name ? (struct added_token *)added_tokens_named(added, name, strlen(name)) : NULL;

	if (mask && mask->id < 0 &&
		!json_is_object(find_special(by->settings, by->map, "mask_token")))
		mask->trims_left = true;
}

struct added_tokens added_tokens_read(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class)
{
	static const char *const specials[] = { "unk_token", "eos_token", "pad_token", "bos_token",
		"sep_token", "cls_token", "mask_token", "additional_special_tokens",
		"extra_special_tokens" };
	struct json_file map = json_file_try(directory, "special_tokens_map.json");
	struct json_file more = json_file_try(directory, "added_tokens.json");
	struct added_tokens added = { 0 };

	if (decoder_of(settings))
		read_decoder(&added, settings, decoder_of(settings));
	else
		read_added(&added, &more);
	for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
		const json_t *value = find_special(settings, &map, specials[i]);

		if (value)
			add_specials(&added, value);
		else
			add(&added, NULL, special_name(class->names, specials[i]), -1, true);
	}
	if (class->mask_trims)
		trim_mask(&added, &(struct named_by){ settings, &map, class });
	make_trie(&added);
	return added;
}

const struct added_token *added_tokens_find(
	const struct added_tokens *added, const char *text, const char **at)
{
	size_t left = strlen(text), length;

	for (const char *p = text; *p; p++, left--) {
		int32_t place = trie_longest(added->trie, TRIE_ROOT, p, left, &length);

		*at = p;
		if (place >= 0)
			return &added->at[place];
	}
	return NULL;
}
