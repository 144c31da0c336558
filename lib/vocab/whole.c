/* SPDX-License-Identifier: Apache-2.0 */
#include "vocab/whole.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "ckpt/gguf_vocabulary.h"
#include "vocab/added_tokens.h"
#include "vocab/merges.h"

static bool is_there(const char *directory, const char *name)
{
	char *path = path_join(directory, name);
	bool found = !access(path, F_OK);

	free(path);
	return found;
}

/* Files of SentencePiece, which go before merges and words. */
static bool has_spm(const char *directory)
{
	return is_there(directory, "tokenizer.model") || is_there(directory, "spiece.model") ||
	       is_there(directory, "sentencepiece.bpe.model");
}

/* A copy that can be changed; `path` names what it was made from. */
static struct json_file description(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class)
{
	struct json_file none = { NULL, NULL };

	if (is_there(directory, "source.spm") || is_there(directory, "target.spm"))
		return none;
	if (is_there(directory, "tokenizer.json")) {
		struct json_file f = json_file_open(directory, "tokenizer.json");

		return (struct json_file){ f.path, json_copy((json_t *)f.object) };
	}
	if (has_spm(directory))
		return none;
	if (class->files == BY_MERGES && is_there(directory, "vocab.json") &&
		!is_there(directory, "merges.txt"))
		die("%s: has vocab.json, but not the merges.txt that %s needs", directory,
			class->name);
	if (is_there(directory, "merges.txt")) {
		if (class->files != BY_MERGES)
			die("%s: tokenizer_class '%s' is not supported with merges.txt; tokens can be "
			    "given as ids",
				directory, tokenizer_class_name(settings, class->name));
		return (struct json_file){ path_join(directory, "merges.txt"),
			tokenizer_of_merges(directory, settings, class) };
	}
	if (is_there(directory, "vocab.txt")) {
		if (class->files != BY_WORDS)
			die("%s: tokenizer_class '%s' is not supported with vocab.txt; tokens can be "
			    "given as ids",
				directory, tokenizer_class_name(settings, class->name));
		return (struct json_file){ path_join(directory, "vocab.txt"),
			tokenizer_of_words(directory, settings, class) };
	}
	return none;
}

/* Set a key of a stage of this type; one in a Sequence is as it is. */
static void set_stage(
	struct json_file *f, const char *stage, const char *type, const char *key, json_t *value)
{
	json_t *object = (json_t *)f->object, *old = json_object_get(object, stage);
	const char *has = json_string_value(json_object_get(old, "type"));

	if (!has || strcmp(has, type))
		return;
	old = json_copy(old);
	json_object_set(old, key, value);
	json_object_set_new(object, stage, old);
}

/* What transformers' classes read of tokenizer_config.json, or take for granted, and set in the description. */
static void apply_settings(
	struct json_file *f, const struct json_file *settings, const struct tokenizer_class *class)
{
	static const struct {
		const char *setting, *stage, *type, *key;
		int otherwise; /* -1: null */
		bool of_words;
	} all[] = {
		{ "do_lower_case", "normalizer", "BertNormalizer", "lowercase", 1, true },
		{ "strip_accents", "normalizer", "BertNormalizer", "strip_accents", -1, true },
		{ "tokenize_chinese_chars", "normalizer", "BertNormalizer", "handle_chinese_chars",
			1, true },
		{ "add_prefix_space", "pre_tokenizer", "ByteLevel", "add_prefix_space", 0, false },
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		json_t *value = (json_t *)json_find(settings, all[i].setting);

		if (all[i].of_words && class->files != BY_WORDS)
			continue;
		if (value && !json_is_boolean(value))
			die("%s: '%s' must be true or false", settings->path, all[i].setting);
		if (!value)
			value = all[i].otherwise < 0 ? json_null() : json_boolean(all[i].otherwise);
		set_stage(f, all[i].stage, all[i].type, all[i].key, value);
	}
	if (class->by_settings && class->begins &&
		!json_bool_or(settings, "add_prefix_space", true))
		die("%s: 'add_prefix_space' is false: not supported with tokenizer.json",
			settings->path);
}

/* Tokens that other files add to those of the description. */
static void add_tokens(struct subword *s, const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class)
{
	struct added_tokens added = added_tokens_read(directory, settings, class);

	for (int i = 0; i < added.count; i++) {
		const struct added_token *t = &added.at[i];
		struct piece text = { t->text, t->length };
		long id = t->id >= 0 ? t->id : subword_id(s, text);

		if (id >= LEXICON_END)
			die("%s: the added token '%s' has id %ld", directory, t->text, id);
		if (id >= 0 && (t->id >= 0 || !subword_added(s, (int32_t)id)))
			subword_add(s, (struct added){ .text = text,
					       .id = (int32_t)id,
					       .special = t->special,
					       .trims_left = t->trims_left,
					       .trims_right = t->trims_right,
					       .whole_word = t->whole_word,
					       .normalized = t->normalized });
	}
}

/* One of the tokens around a text, where the class puts it there. */
static void put_token(struct subword *s, const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class, const char *key, bool wanted, struct subwords *to)
{
	struct special_names names = special_names_read(directory, settings, class);
	const char *name = key ? special_name(&names, key) : NULL;

	to->count = 0;
	if (!key || !wanted)
		return;
	if (!name || subword_id(s, piece_of(name)) < 0)
		die("%s: '%s' is needed around a text, and %s", directory, key,
			name ? "has no id" : "no file says what it is");
	subwords_add(to, subword_id(s, piece_of(name)), piece_of(name),
		must_alloc(1, sizeof(struct arena)));
}

/* A GGUF file says all of its tokenizer itself, whatever the class. */
static struct subword *open_gguf(const char *model)
{
	struct json_file f = { model, gguf_tokenizer_in(model) };

	return f.object ? subword_open(&f) : NULL;
}

/* Of a class whose settings say, and of older files, the class knows what stands around a text. */
static void put_around(struct subword *s, const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class, bool described)
{
	struct template *t = subword_template(s);
	bool merges = class->files == BY_MERGES && json_bool_or(settings, "add_bos_token", false);

	if (class->by_settings) {
		put_token(s, directory, settings, class, class->front,
			json_bool_or(settings, "add_bos_token", class->begins), &t->front);
		put_token(s, directory, settings, class, class->behind,
			json_bool_or(settings, "add_eos_token", false), &t->behind);
	} else if (!described) {
		put_token(s, directory, settings, class, merges ? "bos_token" : class->front, true,
			&t->front);
		put_token(s, directory, settings, class, class->behind, true, &t->behind);
	}
}

struct subword *whole_open(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class)
{
	struct json_file f = description(directory, settings, class);

	if (!f.object)
		return open_gguf(directory);
	apply_settings(&f, settings, class);

	struct subword *s = subword_open(&f);

	add_tokens(s, directory, settings, class);
	put_around(s, directory, settings, class, is_there(directory, "tokenizer.json"));
	return s;
}
