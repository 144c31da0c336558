/* SPDX-License-Identifier: Apache-2.0 */
#include "vocab/numbers.h"

#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "vocab/added_tokens.h"

enum {
	PIECES_OF_CONTROL = 3
}; /* <unk>, <s>, </s>: the first of a model that fairseq's numbers are for */

static void put(json_t *ids, const char *token, long id)
{
	if (token)
		json_object_set_new(ids, token, json_integer(id));
}

/* Behind the other ids: the additional special tokens, which are the languages, in their order. */
static long put_languages(const struct tokenizer_class *class, const char *directory,
	const struct json_file *settings, json_t *ids, long next)
{
	struct json_file map = json_file_try(directory, "special_tokens_map.json");
	const json_t *list = json_find(&map, "additional_special_tokens");
	json_t *each;
	size_t i;

	if (!list)
		list = json_find(settings, "additional_special_tokens");
	if (!json_array_size(list))
		die("%s: no 'additional_special_tokens' in special_tokens_map.json or "
		    "tokenizer_config.json: %s has the languages of the model there",
			directory, class->name);
	json_array_foreach((json_t *)list, i, each)
	{
		const json_t *text = json_is_object(each) ? json_object_get(each, "content") : each;

		if (!json_is_string(text))
			die("%s: 'additional_special_tokens' must be texts", directory);
		if (!json_object_get(ids, json_string_value(text)))
			put(ids, json_string_value(text), next++);
	}
	return next;
}

json_t *numbers_with_languages(const struct tokenizer_class *class, const char *directory,
	const struct json_file *settings, const json_t *ids)
{
	json_t *all = json_copy((json_t *)ids);

	put_languages(class, directory, settings, all, (long)json_object_size(ids));
	return all;
}

/* <s>, <pad>, </s>, <unk>, then the pieces behind the model's controls, languages, the mask. */
static json_t *fairseq_numbers(const struct tokenizer_class *class, const char *directory,
	const struct json_file *settings, const json_t *pieces)
{
	struct special_names names = special_names_read(directory, settings, class);
	static const char *const first[] = { "<s>", "<pad>", "</s>", "<unk>" };
	json_t *ids = json_object(), *id;
	long next = (long)json_object_size(pieces) + 1;
	const char *piece;

	json_object_foreach((json_t *)pieces, piece, id)
	{
		if (json_integer_value(id) >= PIECES_OF_CONTROL)
			put(ids, piece, (long)json_integer_value(id) + 1);
	}
	for (int i = 0; i < 4; i++)
		put(ids, first[i], i);
	if (class->language)
		next = put_languages(class, directory, settings, ids, next);
	put(ids, names.mask_token, next);
	return ids;
}

/* <extra_id_N>, counted from behind. */
static void put_extra(json_t *ids, long extra)
{
	long first = (long)json_object_size(ids);
	struct arena a = { 0 };

	for (long i = 0; i < extra; i++)
		put(ids, arena_printf(&a, "<extra_id_%ld>", extra - 1 - i), first + i);
	arena_free(&a);
}

/* In front of moved pieces: padding, end, the masks of sentences and words, and tokens without use. */
static json_t *moved_numbers(const struct tokenizer_class *class, const char *directory,
	const struct json_file *settings, const json_t *pieces, long offset)
{
	struct special_names names = special_names_read(directory, settings, class);
	const char *key = "mask_token_sent";
	json_t *ids = json_object(), *id;
	struct arena a = { 0 };
	const char *piece;
	long next = 2;

	json_object_foreach((json_t *)pieces, piece, id)
		put(ids, piece, (long)json_integer_value(id) + offset);
	put(ids, names.pad_token, 0);
	put(ids, names.eos_token, 1);
	put(ids, json_text_or(settings, key, "<mask_1>"), next++);
	put(ids, names.mask_token, next++);
	for (long i = 2; i < offset; i++)
		put(ids, arena_printf(&a, "<unk_%ld>", i), next++);
	arena_free(&a);
	return ids;
}

json_t *class_numbers(const struct tokenizer_class *class, const char *directory,
	const struct json_file *settings, const json_t *pieces)
{
	long offset = class->offset ? json_int_or(settings, "offset", class->offset) : 0;
	json_t *ids;

	if (class->files == BY_FAIRSEQ)
		return fairseq_numbers(class, directory, settings, pieces);
	if (offset < 0 || offset > 1000)
		die("%s: 'offset' is %ld", settings->path, offset);
	if (offset)
		return moved_numbers(class, directory, settings, pieces, offset);
	ids = json_copy((json_t *)pieces);
	long extra = json_int_or(settings, "extra_ids", class->extra);
	if (extra < 0 || extra > 100000)
		die("%s: 'extra_ids' is %ld", settings->path, extra);
	put_extra(ids, extra);
	return ids;
}
