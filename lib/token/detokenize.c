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
	struct writing run;  /* since the last added token */
	struct writing done; /* with a space between its parts */
};

static void join_pieces(struct text *x)
{
	const struct vocabulary *v = x->vocabulary;
	const char *text =
		x->count ? v->splitter->join(v->model, x->pieces, x->count, x->arena) : "";

	if (!text)
		die("%s cannot join the pieces of a text", v->splitter->name);
	write_text(&x->run, text, strlen(text));
	x->count = 0;
}

/* Append to what is finished. */
static void finish(struct text *x, const char *part, size_t length)
{
	if (x->done.text)
		write_text(&x->done, " ", 1);
	write_text(&x->done, part, length);
}

static void finish_run(struct text *x)
{
	size_t length;

	if (!x->count && !x->run.length)
		return;
	join_pieces(x);
	const char *text = trimmed(written_piece(&x->run, 0).text, &length);
	finish(x, text, length);
	x->run.length = 0;
}

/* An id that the files have no piece for reads as the unknown token, as in Hugging Face. */
static void append_unknown(struct text *x, struct tokenizer *t, long id)
{
	const struct vocabulary *v = x->vocabulary;
	const char *name = v->unknown_name ? v->unknown_name : "";

	if (!t->warned)
		warn("token %ld has no piece in %s: texts have '%s' in its place", id, v->file.path,
			name);
	t->warned = true;
	join_pieces(x);
	write_text(&x->run, name, strlen(name));
	write_text(&x->run, " ", 1);
}

/* The spaces that `clean_up_tokenization_spaces` takes out of English. */
static struct piece cleaned(struct piece text, struct arena *a)
{
	static const char *const pairs[][2] = { { " .", "." }, { " ?", "?" }, { " !", "!" },
		{ " ,", "," }, { " ' ", "'" }, { " n't", "n't" }, { " 'm", "'m" }, { " 's", "'s" },
		{ " 've", "'ve" }, { " 're", "'re" } };

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		text = piece_replace(text, piece_of(pairs[i][0]), piece_of(pairs[i][1]), a);
	return text;
}

/* The splitter joins pieces; added tokens and what has no piece stand between. */
static const char *joined(
	struct tokenizer *t, struct vocabulary *v, const int32_t *ids, int count, struct arena *a)
{
	struct text x = {
		.vocabulary = v, .arena = a, .run = { .arena = a }, .done = { .arena = a }
	};

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
	return written_piece(&x.done, 0).text;
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
