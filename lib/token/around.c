/* SPDX-License-Identifier: Apache-2.0 */
#include "token/around.h"

#include <string.h>

#include "base/die.h"
#include "vocab/added_tokens.h"

static void add(struct subwords *to, const struct vocabulary *v, const char *token, struct arena *a)
{
	long id = vocabulary_id(v, token, strlen(token));

	if (id >= 0)
		subwords_add(to, (int32_t)id, piece_of(token), a);
}

/* The name of a language's token: M2M100 writes __de__ for de. */
static const char *token_of(const struct tokenizer *t, const char *language, struct arena *a)
{
	return t->class->files == WITH_SPM ? arena_printf(a, "__%s__", language) : language;
}

/* The code that a text begins with, which is taken out of it; NULL: none. */
static const char *written(
	const struct tokenizer *t, const struct vocabulary *v, struct piece *text, struct arena *a)
{
	const char *space = memchr(text->text, ' ', text->length);
	size_t length = space ? (size_t)(space - text->text) : text->length;
	const struct added_token *token = added_tokens_named(&t->added, text->text, length);

	if (!token || !token->special || vocabulary_added_id(v, token) < 0 ||
		is_special_name(&t->names, token->text))
		return NULL;
	length += space ? 1 : 0;
	*text = (struct piece){ arena_text(a, text->text + length, text->length - length),
		text->length - length };
	return token->text;
}

/* The code of the text's language; NULL: it is not said. */
static const char *language_of(const struct tokenizer *t, const struct vocabulary *v,
	enum side side, struct piece *text, struct arena *a)
{
	const char *code = written(t, v, text, a);
	const char *setting = json_text_or(&t->settings, side == SOURCE ? "src_lang" : "tgt_lang",
		side == SOURCE ? t->class->source_language : NULL);

	return code ? code : setting ? token_of(t, setting, a) : NULL;
}

/* NLLB had it behind in its first versions. */
static bool stands_behind(const struct tokenizer *t)
{
	return t->class->language == LANGUAGE_BEHIND ||
	       json_bool_or(&t->settings, "legacy_behaviour", false);
}

static const char *with_language(const struct tokenizer *t, const struct vocabulary *v,
	enum side side, struct piece *text, struct template *around, struct arena *a)
{
	const char *code = language_of(t, v, side, text, a);
	bool behind = stands_behind(t);

	around->front.count = around->behind.count = 0;
	if (code && vocabulary_id(v, code, strlen(code)) < 0)
		return arena_printf(a, "the language '%s' has no token in %s", code, v->file.path);
	if (!code && !behind)
		return "its language is not said: begin the text with the language's code, or set "
		       "'tgt_lang' in tokenizer_config.json";
	if (!behind)
		add(&around->front, v, code, a);
	add(&around->behind, v, t->names.eos_token, a);
	if (behind && side == SOURCE) /* targets begin with it: decoder_start_token_id */
		add(&around->behind, v, code, a);
	return NULL;
}

/* An end of sentence for what has one; Marian's models of one side have none. */
static bool has_end(const struct tokenizer *t)
{
	const struct tokenizer_class *c = t->class;

	if (t->eos >= 0)
		return c->behind != NULL;
	if (c->by_settings)
		return json_bool_or(&t->settings, "add_eos_token", false);
	return c->behind && (t->eos != NO_END || c->front);
}

static void by_class(struct tokenizer *t, const struct vocabulary *v, enum side side,
	struct template *around, struct arena *a)
{
	const struct tokenizer_class *c = t->class;
	const char *front = c->front && (!c->by_settings || json_bool_or(&t->settings,
								    "add_bos_token", c->begins))
				    ? special_name(&t->names, c->front)
				    : NULL;

	if (front)
		add(&around->front, v, front, a);
	if (!has_end(t))
		return;

	long end = end_of_sentence(t, side);

	if (end >= 0 && end < v->size)
		subwords_add(&around->behind, (int32_t)end,
			piece_of(tokenizer_piece(t, side, (int32_t)end)), a);
}

const char *around_text(struct tokenizer *t, enum side side, enum place place, struct piece *text,
	struct template *around, struct arena *a)
{
	struct vocabulary *v = must_open_vocabulary(t, side);

	*around = (struct template){ { 0 }, { 0 } };
	if (place == GOES_ON)
		return NULL;
	if (t->class->language)
		return with_language(t, v, side, text, around, a);
	if (v->subword)
		*around = *subword_template(v->subword);
	else
		by_class(t, v, side, around, a);
	if (around->behind.count && t->eos == NO_END && side == TARGET)
		die("%s: puts '%s' behind a text: not supported for texts that are continued",
			v->file.path, around->behind.pieces[0].text);
	return NULL;
}
