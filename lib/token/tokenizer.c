/* SPDX-License-Identifier: Apache-2.0 */
#include "token/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/utf8.h"
#include "token/around.h"
#include "token/characters.h"
#include "token/vocabulary.h"

enum { CODES_NAMED = 20 };	 /* language codes that a message lists */
enum { LONGEST_CODE = 100 };	 /* bytes between its brackets */
enum { LONGEST_TEXT = 8 << 20 }; /* bytes of a line: it takes some 150 times as many in memory */

/* A line's tokens, in lists that grow in the arena. */
struct growing {
	struct encoded line;
	int room;
	struct arena *arena;
};

static void append(struct growing *g, long id, struct piece piece)
{
	struct tokens *list = &g->line.tokens;

	if (list->count == g->room) {
		struct encoded old = g->line;

		if (g->room > INT32_MAX / 2)
			die("too many tokens in a line");
		g->room = g->room ? 2 * g->room : 64;
		list->ids = arena_array(g->arena, (size_t)g->room, sizeof *list->ids);
		list->pieces = arena_array(g->arena, (size_t)g->room, sizeof *list->pieces);
		g->line.lengths = arena_array(g->arena, (size_t)g->room, sizeof *old.lengths);
		if (list->count) {
			size_t n = (size_t)list->count;

			memcpy(list->ids, old.tokens.ids, n * sizeof *list->ids);
			memcpy(list->pieces, old.tokens.pieces, n * sizeof *list->pieces);
			memcpy(g->line.lengths, old.lengths, n * sizeof *old.lengths);
		}
	}
	list->ids[list->count] = (int32_t)id;
	g->line.lengths[list->count] = piece.length;
	list->pieces[list->count++] = piece.text;
}

/* The line cannot be used; the first reason is the one that is told. */
static void refuse(struct growing *g, enum left_out reason, const char *why)
{
	if (g->line.unfit)
		return;
	g->line.unfit = reason;
	g->line.why = why;
}

/* Text of the line as messages have it. */
static const char *shown(struct growing *g, const char *text, size_t length)
{
	return arena_printf(g->arena, "'%.*s'", (int)(length < 100 ? length : 100), text);
}

/* Length of the language code in front, ">>" to the next "<<"; 0: none. */
static size_t language_code(const char *text)
{
	const char *end;

	if (strncmp(text, ">>", 2) || !text[2])
		return 0;
	end = memmem(text + 3, strnlen(text + 3, LONGEST_CODE), "<<", 2);
	return end ? (size_t)(end + 2 - text) : 0;
}

/* What codes a vocabulary has, for a message. */
static const char *known_codes(const struct vocabulary *v, struct arena *a)
{
	const char *piece, *text = "";
	json_t *id;
	int count = 0;

	json_object_foreach((json_t *)v->file.object, piece, id)
	{
		size_t n = language_code(piece);

		if (!n || piece[n])
			continue;
		if (count++ < CODES_NAMED)
			text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", piece);
	}
	if (!count)
		return "no language codes";
	return count > CODES_NAMED ? arena_printf(a, "%d others", count)
				   : arena_printf(a, "%s", text);
}

static void refuse_code(
	struct growing *g, const struct vocabulary *v, const char *code, size_t length)
{
	refuse(g, LEFT_UNKNOWN,
		arena_printf(g->arena, "the language code %s is not in %s, which has %s",
			shown(g, code, length), v->file.path, known_codes(v, g->arena)));
}

/* A piece by its text; one that is not in the vocabulary keeps its text and is "unknown". */
static void append_piece(
	struct growing *g, const struct vocabulary *v, const char *piece, size_t length)
{
	long id = vocabulary_id(v, piece, length);

	if (id >= 0)
		append(g, id, piece_of(v->pieces[id]));
	else if (v->unknown < 0)
		refuse(g, LEFT_UNKNOWN,
			arena_printf(g->arena,
				"%s is not in %s, which has no token for the unknown",
				shown(g, piece, length), v->file.path));
	else
		append(g, v->unknown,
			(struct piece){ arena_text(g->arena, piece, length), length });
}

static void append_code(
	struct growing *g, const struct vocabulary *v, const char *code, size_t length)
{
	if (vocabulary_id(v, code, length) < 0)
		refuse_code(g, v, code, length);
	else
		append_piece(g, v, code, length);
}

/* Hugging Face takes the numbers of special tokens from the source's vocabulary, on both sides. */
static bool differs_by_side(struct tokenizer *t, const struct added_token *token, long id)
{
	return t->eos >= 0 && token->id < 0 &&
	       vocabulary_added_id(open_vocabulary(t, SOURCE), token) != id;
}

static void append_added(struct growing *g, struct tokenizer *t, const struct vocabulary *v,
	const struct added_token *token)
{
	long id = vocabulary_added_id(v, token);

	if (id < 0)
		refuse(g, LEFT_UNKNOWN,
			arena_printf(g->arena, "'%s' is a special token, and has no id in %s",
				token->text, v->file.path));
	else if (id >= v->size)
		refuse(g, LEFT_UNKNOWN,
			arena_printf(g->arena,
				"the added token '%s' has id %ld, but the model has %ld tokens",
				token->text, id, v->size));
	else if (token->whole_word || differs_by_side(t, token, id))
		refuse(g, LEFT_UNKNOWN,
			arena_printf(g->arena, "the added token '%s' %s, which is not supported",
				token->text,
				token->whole_word ? "is a 'single_word'"
						  : "has another id for each side"));
	else
		append(g, id, piece_of(token->text));
}

/* The end that a line of pieces or ids may have of its own. */
static void append_missing_end(struct tokenizer *t, enum side side, struct growing *g)
{
	const struct tokens *list = &g->line.tokens;
	long end = end_of_sentence(t, side);

	if (t->eos >= 0 && (!list->count || list->ids[list->count - 1] != end))
		append(g, end, piece_of(tokenizer_piece(t, side, (int32_t)end)));
}

static void check_utf8(struct growing *g, struct piece text)
{
	long byte = invalid_utf8(text.text, text.length);

	if (byte)
		refuse(g, LEFT_NOT_UTF8,
			arena_printf(g->arena, "not valid UTF-8 at byte %ld", byte));
}

/* A code behind other words is text; who wrote it there may have meant another thing. */
static void warn_of_code(struct tokenizer *t, const struct vocabulary *v, const char *text)
{
	const char *at = t->warned_of_code ? NULL : strstr(text, ">>");

	for (; at; at = strstr(at + 1, ">>")) {
		size_t n = language_code(at);

		if (!n || vocabulary_id(v, at, n) < 0)
			continue;
		warn("'%.*s' is text here: a language code stands in front", (int)n, at);
		t->warned_of_code = true;
		return;
	}
}

/* Text without added tokens. */
static void append_text(struct growing *g, struct tokenizer *t, enum side side, const char *text)
{
	struct vocabulary *v = &t->sides[side];
	const struct piece *pieces;
	size_t code = language_code(text);
	int n;

	if (code)
		append_code(g, v, text, code);
	warn_of_code(t, v, text + code);
	n = v->splitter->split(v->model, text + code, strlen(text + code), &pieces);
	if (n < 0)
		die("%s cannot split this line", v->splitter->name);
	for (int i = 0; i < n; i++)
		append_piece(g, v, pieces[i].text, pieces[i].length);
}

/* The text before an added token, and behind one, as far as it is left. */
static void append_between(struct growing *g, struct tokenizer *t, enum side side, const char *text,
	size_t length, const struct added_token *before, const struct added_token *after)
{
	const char *part = arena_text(g->arena, text, length), *inner;

	inner = trimmed(part, &length);
	if (before && before->trims_right)
		part = inner;
	if (after && after->trims_left)
		part = arena_text(g->arena, part, (size_t)(inner - part) + length);
	if (*part && before && t->class->files == BY_SPM &&
		!json_bool_or(&t->settings, "legacy", true))
		refuse(g, LEFT_UNKNOWN,
			arena_printf(g->arena,
				"text behind '%s', which 'legacy': false in %s has split in a way "
				"that is not supported",
				before->text, t->settings.path));
	else if (*part)
		append_text(g, t, side, part);
}

/* By a splitter: added tokens, and text between them. */
static void append_sections(
	struct growing *g, struct tokenizer *t, enum side side, const char *text)
{
	const struct vocabulary *v = &t->sides[side];
	const struct added_token *before = NULL, *token;
	const char *at;

	open_splitter(t, side);
	while (!g->line.unfit && (token = added_tokens_find(&t->added, text, &at))) {
		append_between(g, t, side, text, (size_t)(at - text), before, token);
		append_added(g, t, v, token);
		text = at + token->length;
		before = token;
	}
	if (!g->line.unfit)
		append_between(g, t, side, text, strlen(text), before, NULL);
}

/* Tokens of a tokenizer that may have more than the model. */
static void append_subwords(
	struct growing *g, const struct vocabulary *v, const struct subwords *list)
{
	for (size_t i = 0; i < list->count && !g->line.unfit; i++)
		if (list->ids[i] < v->size)
			append(g, list->ids[i], list->pieces[i]);
		else
			refuse(g, LEFT_UNKNOWN,
				arena_printf(g->arena,
					"the token '%s' has id %ld, but the model has %ld tokens: is the tokenizer another model's?",
					list->pieces[i].text, (long)list->ids[i], v->size));
}

static void append_line(
	struct growing *g, struct tokenizer *t, enum side side, enum place place, struct piece text)
{
	struct vocabulary *v = must_open_vocabulary(t, side);
	struct template around;
	const char *why = around_text(t, side, place, &text, &around, g->arena);

	if (why)
		refuse(g, LEFT_UNKNOWN, why);
	append_subwords(g, v, &around.front);
	if (v->subword) {
		struct subwords list = subword_encode(v->subword, text, g->arena);

		append_subwords(g, v, &list);
	} else if (strlen(text.text) < text.length) {
		refuse(g, LEFT_NUL, "a byte 0, which SentencePiece does not take");
	} else {
		append_sections(g, t, side, text.text);
	}
	append_subwords(g, v, &around.behind);
}

struct encoded tokenizer_encode(
	struct tokenizer *t, enum side side, enum place place, struct piece text, struct arena *a)
{
	struct growing g = { .arena = a };

	check_utf8(&g, text);
	if (text.length > LONGEST_TEXT)
		refuse(&g, LEFT_TOO_LONG,
			arena_printf(a, "%zu bytes, more than %d: too long to be split",
				text.length, LONGEST_TEXT));
	if (!g.line.unfit)
		append_line(&g, t, side, place, text);
	return g.line;
}

/* The next word: spaces before it are skipped, its length is given; NULL: none. */
static const char *next_word(const char **text, size_t *length)
{
	const char *word = *text + strspn(*text, " ");

	*length = strcspn(word, " ");
	*text = word + *length;
	return *length ? word : NULL;
}

struct encoded tokenizer_pieces(
	struct tokenizer *t, enum side side, enum place place, struct piece line, struct arena *a)
{
	struct growing g = { .arena = a };
	struct vocabulary *v = must_open_vocabulary(t, side);
	const char *word;
	size_t length;

	const char *text = line.text;

	(void)place;
	check_utf8(&g, line);
	while (!g.line.unfit && (word = next_word(&text, &length))) {
		const struct added_token *token = added_tokens_named(&t->added, word, length);

		if (token && !v->subword)
			append_added(&g, t, v, token);
		else if (!v->subword && language_code(word) == length)
			append_code(&g, v, word, length);
		else
			append_piece(&g, v, word, length);
	}
	if (!g.line.unfit)
		append_missing_end(t, side, &g);
	return g.line;
}

struct encoded tokenizer_ids(
	struct tokenizer *t, enum side side, enum place place, struct piece line, struct arena *a)
{
	struct growing g = { .arena = a };
	long size = open_vocabulary(t, side)->size;
	const char *text = line.text, *word;
	size_t length;

	(void)place;
	while (!g.line.unfit && (word = next_word(&text, &length))) {
		char *end;
		long id = *word >= '0' && *word <= '9' ? strtol(word, &end, 10) : -1;

		if (id < 0 || end != word + length || id >= size)
			refuse(&g, LEFT_UNKNOWN,
				arena_printf(a, "%s is not a token id from 0 to %ld",
					shown(&g, word, length), size - 1));
		else
			append(&g, id, piece_of(tokenizer_piece(t, side, (int32_t)id)));
	}
	if (!g.line.unfit && side == TARGET)
		append_missing_end(t, side, &g);
	return g.line;
}
