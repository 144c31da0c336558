/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokenizer.ggml.* (gguf-py/gguf/constants.py; what is taken for keys that are not there:
 * llama_vocab::impl::load() of llama.cpp). Of SentencePiece's BPE there are scores instead of merges;
 * transformers makes merges of them (SentencePieceExtractor), and so does this.
 */
#include "gguf/gguf_tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/utf8.h"
#include "gguf/gguf.h"
#include "gguf/gguf_splitting.h"

#define G GGUF_TOKENIZER

/* Types of tokens. */
enum { NORMAL = 1, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE };

/* The file, and its tokens by id. */
struct gguf_vocabulary {
	const struct gguf *g;
	size_t count;
	const char **token;
	size_t *size;
	int *type;
	double *score; /* NULL: none */
	json_t *ids;   /* {token: id} */
	json_t *made;  /* tokenizer.json */
};

/* Keys that say nothing about tokens of a plain text, or are read below; ids of special tokens too. */
static void check_keys(const struct gguf *g)
{
	static const char *const known[] = { "model", "pre", "tokens", "token_type",
		"token_type_count", "scores", "merges", "add_bos_token", "add_eos_token",
		"add_sep_token", "add_space_prefix", "remove_extra_whitespaces",
		"precompiled_charsmap", NULL };

	for (size_t i = 0; i < g->key_count; i++) {
		const char *key = g->keys[i].name, *end = strstr(key, "_token_id");
		const char *const *k = known;

		if (strncmp(key, G, strlen(G)) || (end && (!end[9] || !strcmp(end, "_token_ids"))))
			continue;
		while (*k && strcmp(*k, key + strlen(G)))
			k++;
		if (!*k)
			die("%s: '%s' is no setting of a tokeniser that is known here", g->path,
				key);
	}
}

static void refuse_flag(const struct gguf *g, const char *key)
{
	bool set = false;

	if (gguf_flag(g, key, &set) && set)
		die("%s: '%s' is true: not supported", g->path, key);
}

/* An empty token gets the name that llama.cpp gives it. */
static void read_token(struct gguf_vocabulary *r, struct gguf_list *list, size_t id)
{
	struct arena *a = must_alloc(1, sizeof *a);

	r->token[id] = gguf_list_text(list, &r->size[id]);
	if (!r->size[id]) {
		r->token[id] = arena_printf(a, "[EMPTY_%zu]", id);
		r->size[id] = strlen(r->token[id]);
	} else {
		free(a);
	}
	if (json_object_getn(r->ids, r->token[id], r->size[id]))
		die("%s: token %zu is there twice, '%.*s'", r->g->path, id, (int)r->size[id],
			r->token[id]);
	json_object_setn_new_nocheck(
		r->ids, r->token[id], r->size[id], json_integer((json_int_t)id));
}

static void check_length(
	const struct gguf_vocabulary *r, const char *key, const struct gguf_list *list)
{
	if (list->left != r->count)
		die("%s: '%s' has %llu elements, for %zu tokens", r->g->path, key,
			(unsigned long long)list->left, r->count);
}

static bool read_tokens(struct gguf_vocabulary *r)
{
	struct gguf_list list;

	if (!gguf_list_begin(r->g, G "tokens", GGUF_TEXT, &list))
		return false;
	r->count = (size_t)list.left;
	r->token = must_alloc(r->count, sizeof *r->token);
	r->size = must_alloc(r->count, sizeof *r->size);
	r->type = must_alloc(r->count, sizeof *r->type);
	r->ids = json_object();
	for (size_t i = 0; i < r->count; i++) {
		read_token(r, &list, i);
		r->type[i] = NORMAL;
	}
	if (gguf_list_begin(r->g, G "token_type", GGUF_I32, &list)) {
		check_length(r, G "token_type", &list);
		for (size_t i = 0; i < r->count; i++)
			r->type[i] = (int)gguf_list_number(&list);
	}
	if (gguf_list_begin(r->g, G "scores", GGUF_F32, &list)) {
		check_length(r, G "scores", &list);
		r->score = must_alloc(r->count, sizeof *r->score);
		for (size_t i = 0; i < r->count; i++)
			r->score[i] = gguf_list_number(&list);
	}
	return true;
}

static json_t *text_of(const struct gguf_vocabulary *r, size_t id)
{
	return json_stringn_nocheck(r->token[id], r->size[id]);
}

static json_t *added_tokens(const struct gguf_vocabulary *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->count; i++)
		if (r->type[i] == CONTROL || r->type[i] == USER_DEFINED)
			json_array_append_new(
				list, json_pack("{s:I, s:o, s:b, s:b, s:b, s:b, s:b}", "id",
					      (json_int_t)i, "content", text_of(r, i),
					      "single_word", 0, "lstrip", 0, "rstrip", 0,
					      "normalized", 0, "special", r->type[i] == CONTROL));
	return list;
}

/* A special token's id by its key; -1: none. */
static long special_id(const struct gguf_vocabulary *r, const char *key, long otherwise)
{
	long id = otherwise;

	if (gguf_whole(r->g, key, &id) && (id < 0 || (size_t)id >= r->count))
		die("%s: '%s' is %ld; the tokens have ids 0 to %zu", r->g->path, key, id,
			r->count - 1);
	return id < (long)r->count ? id : -1;
}

static void add_special(const struct gguf_vocabulary *r, json_t *template, json_t *specials,
	const char *key, const char *flag, long id)
{
	if (id < 0)
		die("%s: '%s' is true, and no '%s' says which token that is", r->g->path, flag,
			key);
	json_t *text = text_of(r, (size_t)id);

	json_array_append_new(
		template, json_pack("{s:{s:O, s:i}}", "SpecialToken", "id", text, "type_id", 0));
	json_object_setn_new_nocheck(specials, r->token[id], r->size[id],
		json_pack(
			"{s:O, s:[I], s:[O]}", "id", text, "ids", (json_int_t)id, "tokens", text));
	json_decref(text);
}

/* <s> in front, </s> behind, where the file says so; NULL: neither. */
static json_t *template_of(const struct gguf_vocabulary *r, bool bos, bool pieces)
{
	json_t *single = json_array(), *specials = json_object(), *pair;
	bool eos = false;

	refuse_flag(r->g, G "add_sep_token");
	gguf_flag(r->g, G "add_bos_token", &bos);
	gguf_flag(r->g, G "add_eos_token", &eos);
	if (bos)
		add_special(r, single, specials, G "bos_token_id", G "add_bos_token",
			special_id(r, G "bos_token_id", pieces ? 1 : -1));
	json_array_append_new(
		single, json_pack("{s:{s:s, s:i}}", "Sequence", "id", "A", "type_id", 0));
	if (eos)
		add_special(r, single, specials, G "eos_token_id", G "add_eos_token",
			special_id(r, G "eos_token_id", pieces ? 2 : -1));
	pair = json_deep_copy(single);
	json_array_append_new(
		pair, json_pack("{s:{s:s, s:i}}", "Sequence", "id", "B", "type_id", 1));
	json_t *made = bos || eos
			       ? json_pack("{s:s, s:O, s:O, s:O}", "type", "TemplateProcessing",
					 "single", single, "pair", pair, "special_tokens", specials)
			       : NULL;
	json_decref(single);
	json_decref(pair);
	json_decref(specials);
	return made;
}

/* "first second", as the file has them. */
static json_t *merges_of(const struct gguf_vocabulary *r)
{
	struct gguf_list list;
	json_t *merges = json_array();
	size_t size;

	if (!gguf_list_begin(r->g, G "merges", GGUF_TEXT, &list))
		die("%s: no '" G "merges'", r->g->path);
	while (list.left) {
		const char *text = gguf_list_text(&list, &size);
		const char *space = size ? memchr(text + 1, ' ', size - 1) : NULL;

		if (!space || space == text + size - 1)
			die("%s: '" G "merges' has '%.*s', not two pieces", r->g->path, (int)size,
				text);
		json_array_append_new(merges, json_stringn_nocheck(text, size));
	}
	return merges;
}

static void make_byte_level(struct gguf_vocabulary *r)
{
	const struct gguf_splitting *s = gguf_splitting(r->g);
	json_t *template = template_of(r, s->bos, false);

	json_object_set_new(
		r->made, "normalizer", s->nfc ? json_pack("{s:s}", "type", "NFC") : json_null());
	json_object_set_new(r->made, "pre_tokenizer", gguf_pre_tokenizer(s));
	json_object_set_new(r->made, "post_processor", template ? template : gguf_byte_level(true));
	json_object_set_new(r->made, "decoder", gguf_byte_level(true));
	json_object_set_new(r->made, "model",
		json_pack("{s:s, s:n, s:n, s:n, s:n, s:b, s:b, s:b, s:O, s:o}", "type", "BPE",
			"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
			"fuse_unk", 0, "byte_fallback", 0, "ignore_merges", s->ignore_merges,
			"vocab", r->ids, "merges", merges_of(r)));
}

/* Two pieces that make a token, with what they are sorted by. */
struct merge {
	size_t whole, left_size; /* of the token's bytes those of the left piece */
	long left, right;	 /* their ids */
	long characters;	 /* of the left piece */
	double score;
};

static int compare_merges(const void *a, const void *b)
{
	const struct merge *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	if (x->characters != y->characters)
		return x->characters < y->characters ? 1 : -1;
	if (x->whole != y->whole)
		return x->whole < y->whole ? -1 : 1;
	return x->left != y->left ? (x->left < y->left ? -1 : 1) : 0;
}

static long id_of(const struct gguf_vocabulary *r, const char *text, size_t size)
{
	const json_t *id = json_object_getn(r->ids, text, size);

	return id ? (long)json_integer_value(id) : -1;
}

/* All ways to make a token of two, after each of its characters but the last. */
static void split_token(const struct gguf_vocabulary *r, size_t id, struct merge **merges,
	size_t *count, size_t *room)
{
	const char *text = r->token[id];
	size_t size = r->size[id], at = utf8_char(text, size);

	for (long characters = 1; at < size; characters++, at += utf8_char(text + at, size - at)) {
		struct merge m = { id, at, id_of(r, text, at), id_of(r, text + at, size - at),
			characters, r->score[id] };

		if (m.left < 0 || m.right < 0)
			continue;
		if (*count == *room) {
			*room = 2 * *room + 1024;
			*merges = must_realloc(*merges, *room, sizeof **merges);
		}
		(*merges)[(*count)++] = m;
	}
}

/* The higher a token's score, the sooner it is made; of equals the one with the longer left piece. */
static json_t *merges_by_score(const struct gguf_vocabulary *r)
{
	struct merge *merges = NULL;
	size_t count = 0, room = 0;
	json_t *list = json_array();

	for (size_t i = 0; i < r->count; i++)
		if (r->type[i] == NORMAL || r->type[i] == USER_DEFINED || r->type[i] == UNUSED)
			split_token(r, i, &merges, &count, &room);
	if (count)
		qsort(merges, count, sizeof *merges, compare_merges);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("[o, o]", text_of(r, (size_t)merges[i].left),
						    text_of(r, (size_t)merges[i].right)));
	free(merges);
	return list;
}

static json_t *replaced(const char *from, const char *to)
{
	return json_pack(
		"{s:s, s:{s:s}, s:s}", "type", "Replace", "pattern", "String", from, "content", to);
}

#define SPACE "\xe2\x96\x81"

static void make_pieces(struct gguf_vocabulary *r)
{
	bool prefix = true;
	json_t *normalizers = json_array(), *template = template_of(r, true, true);
	json_t *decoders = json_pack(
		"[o, {s:s}, {s:s}]", replaced(SPACE, " "), "type", "ByteFallback", "type", "Fuse");
	long unknown = special_id(r, G "unknown_token_id", 0);

	refuse_flag(r->g, G "remove_extra_whitespaces");
	if (gguf_find(r->g, G "precompiled_charsmap"))
		die("%s: '" G "precompiled_charsmap' is not supported for the tokeniser 'llama'",
			r->g->path);
	if (!r->score || unknown < 0)
		die("%s: no '%s'", r->g->path, r->score ? G "unknown_token_id" : G "scores");
	for (size_t i = 0; i < r->count; i++)
		if (!(r->score[i] - r->score[i] == 0))
			die("%s: '" G "scores' has a number that is not finite", r->g->path);
	gguf_flag(r->g, G "add_space_prefix", &prefix);
	if (prefix) {
		json_array_append_new(
			normalizers, json_pack("{s:s, s:s}", "type", "Prepend", "prepend", SPACE));
		json_array_append_new(decoders, json_pack("{s:s, s:s, s:i, s:i}", "type", "Strip",
							"content", " ", "start", 1, "stop", 0));
	}
	json_array_append_new(normalizers, replaced(" ", SPACE));
	json_object_set_new(r->made, "normalizer",
		json_pack("{s:s, s:o}", "type", "Sequence", "normalizers", normalizers));
	json_object_set_new(r->made, "pre_tokenizer", json_null());
	json_object_set_new(r->made, "post_processor", template ? template : json_null());
	json_object_set_new(r->made, "decoder",
		json_pack("{s:s, s:o}", "type", "Sequence", "decoders", decoders));
	json_object_set_new(r->made, "model",
		json_pack("{s:s, s:n, s:o, s:n, s:n, s:b, s:b, s:b, s:O, s:o}", "type", "BPE",
			"dropout", "unk_token", text_of(r, (size_t)unknown),
			"continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", 1,
			"byte_fallback", 1, "ignore_merges", 0, "vocab", r->ids, "merges",
			merges_by_score(r)));
}

json_t *gguf_tokenizer(const struct gguf *g)
{
	struct gguf_vocabulary r = { .g = g };
	const char *model = gguf_text(g, G "model");

	if (!model || !read_tokens(&r))
		return NULL;
	check_keys(g);
	r.made = json_pack("{s:s, s:n, s:n, s:o}", "version", "1.0", "truncation", "padding",
		"added_tokens", added_tokens(&r));
	if (!strcmp(model, "gpt2"))
		make_byte_level(&r);
	else if (!strcmp(model, "llama"))
		make_pieces(&r);
	else
		die("%s: the tokeniser '%s' is not supported; supported: gpt2, llama", g->path,
			model);
	json_decref(r.ids);
	return r.made;
}
