/* SPDX-License-Identifier: Apache-2.0 */
#include "subword/subword.h"

#include <string.h>

#include "base/die.h"
#include "subword/added.h"
#include "subword/stage.h"

struct subword {
	struct stages normalizers, pretokenizers, decoders;
	bool decodes; /* else tokens have spaces between */
	struct subword_model model;
	struct added_list added;
	bool indexed;
	struct template template;
	struct arena arena;
};

static void read_added(struct subword *s, const struct json_file *f)
{
	const json_t *list = json_find(f, "added_tokens");
	json_t *each;
	size_t i;

	if (list && !json_is_array(list))
		die("%s: 'added_tokens' must be a list", f->path);
	json_array_foreach((json_t *)list, i, each)
	{
		struct json_file token = { f->path, each };
		long id = json_is_object(each) ? json_int(&token, "id") : -1;

		if (id < 0 || id >= LEXICON_END)
			die("%s: 'added_tokens': a token without an id", f->path);
		added_add(&s->added, added_read(&token, (int32_t)id));
	}
}

/* Texts are cut and filled up for batches: not here. */
static void check_keys(const struct json_file *f)
{
	static const char *const keys[] = { "version", "truncation", "padding", "added_tokens",
		"normalizer", "pre_tokenizer", "post_processor", "decoder", "model", NULL };

	settings_check(f, keys);
}

struct subword *subword_open(const struct json_file *f)
{
	struct subword *s = must_alloc(1, sizeof *s);

	check_keys(f);
	s->normalizers = stages_open(f, "normalizer", "normalizers", normalizers);
	s->pretokenizers = stages_open(f, "pre_tokenizer", "pretokenizers", pretokenizers);
	s->decoders = stages_open(f, "decoder", "decoders", decoders);
	s->decodes = json_find(f, "decoder") != NULL;
	s->model = subword_model_open(f);
	s->template = template_open(f, &s->arena);
	read_added(s, f);
	return s;
}

void subword_add(struct subword *s, struct added token)
{
	added_add(&s->added, token);
}

static struct piece normalized(const void *subword, struct piece text, struct arena *a)
{
	const struct subword *s = subword;
	struct pieces one = { 0 };

	pieces_add(&one, text.text, text.length, a);
	return stages_apply(&s->normalizers, one, a).at[0];
}

/* The words of a text without added tokens, and their tokens. */
static void split(
	struct subword *s, struct piece text, bool begins, struct subwords *to, struct arena *a)
{
	struct pieces words = { .begins = begins };

	if (!text.length)
		return;
	pieces_add(&words, text.text, text.length, a);
	words = stages_apply(&s->pretokenizers, words, a);
	for (size_t i = 0; i < words.count; i++)
		if (words.at[i].length)
			s->model.kind->split(s->model.opened, words.at[i], to, a);
}

/* An added token, with the text that it was found as. */
static void add_token(struct subwords *to, const struct section *s, struct arena *a)
{
	const char *text = arena_text(a, s->text.text, s->text.length);

	subwords_add(to, s->token->id, (struct piece){ text, s->text.length }, a);
}

/* Tokens that are found in the text as normalized, and what is between them. */
static void split_normalized(
	struct subword *s, struct piece text, bool begins, struct subwords *to, struct arena *a)
{
	struct sections sections = {
		.list = &s->added, .normalized = true, .text = normalized(s, text, a)
	};
	struct section section;

	for (bool first = begins; sections_next(&sections, &section); first = false)
		if (section.token)
			add_token(to, &section, a);
		else
			split(s, section.text, first, to, a);
}

/* Before the first text: tokens may be added until then. */
static void index_added(struct subword *s)
{
	if (!s->indexed)
		added_index(&s->added, normalized, s);
	s->indexed = true;
}

struct subwords subword_encode(struct subword *s, struct piece text, struct arena *a)
{
	struct sections sections = { .list = &s->added, .text = text };
	struct subwords tokens = { 0 };
	struct section section;

	index_added(s);
	for (bool first = true; sections_next(&sections, &section); first = false)
		if (section.token)
			add_token(&tokens, &section, a);
		else
			split_normalized(s, section.text, first, &tokens, a);
	return tokens;
}

struct template *subword_template(struct subword *s)
{
	return &s->template;
}

int32_t subword_id(const struct subword *s, struct piece token)
{
	const struct added *added = added_named(&s->added, token);

	return added ? added->id : lexicon_id(s->model.lexicon, token);
}

const struct added *subword_added(const struct subword *s, int32_t id)
{
	return added_numbered(&s->added, id);
}

const struct piece *subword_piece(const struct subword *s, int32_t id)
{
	const struct added *added = added_numbered(&s->added, id);

	return added ? &added->text : lexicon_piece(s->model.lexicon, id);
}

int32_t subword_end(const struct subword *s)
{
	int32_t end = lexicon_end(s->model.lexicon);

	for (size_t i = 0; i < s->added.count; i++)
		end = s->added.at[i].id >= end ? s->added.at[i].id + 1 : end;
	return end;
}

static struct piece joined(const struct pieces *list, const char *between, struct arena *a)
{
	struct writing d = { .arena = a };

	for (size_t i = 0; i < list->count; i++) {
		if (i)
			write_text(&d, between, strlen(between));
		write_text(&d, list->at[i].text, list->at[i].length);
	}
	return written_piece(&d, 0);
}

/* A token as it is decoded; no text where it is special, by that form of it, or there is none. */
static struct piece decoded(const struct subword *s, int32_t id, bool plain)
{
	const struct added *added = added_numbered(&s->added, id);
	const struct piece *piece = added ? &added->form : lexicon_piece(s->model.lexicon, id);
	const struct added *same = piece ? added_named(&s->added, *piece) : NULL;

	return piece && !(plain && same && same->special) ? *piece : (struct piece){ NULL, 0 };
}

struct piece subword_decode(
	struct subword *s, const int32_t *ids, size_t count, bool plain, struct arena *a)
{
	struct pieces tokens = { 0 };

	index_added(s);
	for (size_t i = 0; i < count; i++) {
		struct piece token = decoded(s, ids[i], plain);

		if (token.text)
			pieces_add(&tokens, token.text, token.length, a);
	}
	if (!s->decodes)
		return joined(&tokens, " ", a);
	tokens = stages_apply(&s->decoders, tokens, a);
	return joined(&tokens, "", a);
}
