/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/die.h"
#include "token/characters.h"
#include "token/vocabulary.h"

/* A text in the making: pieces that the splitter has still to join, and what is finished. */
struct text {
	const struct vocabulary *vocabulary;
	struct arena *arena;
	const char **pieces;
	int count;
	const char *run;  /* since the last added token */
	const char *done; /* NULL: nothing yet */
};

static const char *replace(const char *text, const char *old, const char *new, struct arena *a)
{
	size_t n = strlen(old);
	const char *at = strstr(text, old), *done = "";

	if (!at)
		return text;
	for (; at; text = at + n, at = strstr(text, old))
		done = arena_printf(a, "%s%.*s%s", done, (int)(at - text), text, new);
	return arena_printf(a, "%s%s", done, text);
}

static void join_pieces(struct text *x)
{
	const struct vocabulary *v = x->vocabulary;
	const char *text = v->splitter->join(v->model, x->pieces, x->count, x->arena);

	if (!text)
		die("%s cannot join the pieces of a text", v->splitter->name);
	x->run = arena_printf(x->arena, "%s%s", x->run, text);
	x->count = 0;
}

/* Append to what is finished, with a space between. */
static void finish(struct text *x, const char *part, size_t length)
{
	x->done = arena_printf(x->arena, "%s%s%.*s", x->done ? x->done : "", x->done ? " " : "",
		(int)length, part);
}

static void finish_run(struct text *x)
{
	size_t length;

	if (!x->count && !*x->run)
		return;
	join_pieces(x);
	const char *text = trimmed(x->run, &length);
	finish(x, text, length);
	x->run = "";
}

/* An id that the files have no piece for reads as the unknown token, as in Hugging Face. */
static void append_unknown(struct text *x, struct tokenizer *t, long id)
{
	const struct vocabulary *v = x->vocabulary;

	if (!t->warned)
		warn("token %ld has no piece in %s: texts have '%s' in its place", id, v->file.path,
			v->unknown_name);
	t->warned = true;
	join_pieces(x);
	x->run = arena_printf(x->arena, "%s%s ", x->run, v->unknown_name);
}

/* The spaces that `clean_up_tokenization_spaces` takes out of English. */
static const char *clean_up(const char *text, struct arena *a)
{
	static const char *const pairs[][2] = { { " .", "." }, { " ?", "?" }, { " !", "!" },
		{ " ,", "," }, { " ' ", "'" }, { " n't", "n't" }, { " 'm", "'m" }, { " 's", "'s" },
		{ " 've", "'ve" }, { " 're", "'re" } };

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		text = replace(text, pairs[i][0], pairs[i][1], a);
	return text;
}

/* The same of a text that may have bytes 0: of each part between them. */
static struct piece cleaned(struct piece text, struct arena *a)
{
	struct writing d = { .arena = a };

	for (size_t from = 0, n; from <= text.length; from += n + 1) {
		const char *part = clean_up(text.text + from, a);

		n = strlen(text.text + from);
		if (from)
			write_text(&d, "", 1);
		write_text(&d, part, strlen(part));
	}
	return written_piece(&d, 0);
}

/* The splitter joins pieces; added tokens and what has no piece stand between. */
static const char *joined(
	struct tokenizer *t, struct vocabulary *v, const int32_t *ids, int count, struct arena *a)
{
	struct text x = { .vocabulary = v, .arena = a, .run = "" };

	x.pieces = arena_array(a, (size_t)count, sizeof *x.pieces);
	for (int i = 0; i < count; i++) {
		const char *piece = v->pieces[ids[i]];

		if (v->kind[ids[i]] == ID_SPECIAL)
			continue;
		if (!piece) {
			append_unknown(&x, t, ids[i]);
		} else if (v->kind[ids[i]] == ID_ADDED) {
			finish_run(&x);
			finish(&x, piece, strlen(piece));
		} else {
			x.pieces[x.count++] = piece;
		}
	}
	finish_run(&x);
	return x.done ? x.done : "";
}

struct piece tokenizer_decode(
	struct tokenizer *t, enum side side, const int32_t *ids, int count, struct arena *a)
{
	struct vocabulary *v = open_vocabulary(t, side);
	struct piece text;

	if (v->subword)
		text = subword_decode(v->subword, ids, (size_t)count, true, a);
	else if (v->file.object && try_splitter(t, side))
		text = piece_of(joined(t, v, ids, count, a));
	else
		return (struct piece){ NULL, 0 };
	return json_bool_or(&t->settings, "clean_up_tokenization_spaces", false) ? cleaned(text, a)
										 : text;
}

const char *tokenizer_text(
	struct tokenizer *t, enum side side, const int32_t *ids, int count, struct arena *a)
{
	struct piece text = tokenizer_decode(t, side, ids, count, a);
	struct writing d = { .arena = a };

	if (!text.text || strlen(text.text) == text.length)
		return text.text;
	for (size_t i = 0; i < text.length; i++)
		write_text(&d, text.text[i] ? text.text + i : "\xef\xbf\xbd", text.text[i] ? 1 : 3);
	return written_piece(&d, 0).text;
}
