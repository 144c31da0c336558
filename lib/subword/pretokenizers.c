/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-tokenizers: a text divided into words, which the model splits one by one. */
#include <string.h>

#include "base/die.h"
#include "text/bytes.h"
#include "text/division.h"
#include "subword/metaspace.h"
#include "subword/stage.h"
#include "text/unicode.h"

/* The words of GPT-2. */
#define WORDS "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

struct byte_level {
	bool prefix_space;
	struct pattern *words; /* NULL: not divided */
};

static void *open_byte_level(const struct json_file *f)
{
	struct byte_level *b = must_alloc(1, sizeof *b);

	b->prefix_space = json_bool_or(f, "add_prefix_space", true);
	if (json_bool_or(f, "use_regex", true))
		b->words = pattern_regex(WORDS, f->path);
	return b;
}

/* A text with another in front, but where it begins with it. */
static struct piece with_front(struct piece text, struct piece front, struct arena *a)
{
	struct writing d = { .arena = a };

	if (piece_begins(text, front.text, front.length))
		return text;
	write_text(&d, front.text, front.length);
	write_text(&d, text.text, text.length);
	return written_piece(&d, 0);
}

static struct pieces byte_level(const void *opened, const struct pieces *pieces, struct arena *a)
{
	const struct byte_level *b = opened;
	struct pieces words = { .begins = pieces->begins }, shown = words;
	struct writing d = { .arena = a };
	struct text_parts parts = { 0 };

	for (size_t i = 0; i < pieces->count; i++) {
		struct piece text = pieces->at[i];

		if (b->prefix_space)
			text = with_front(text, piece_of(" "), a);
		if (b->words) {
			parts_by_pattern(&parts, text, b->words, a);
			parts_divide(&parts, text, ISOLATED, &words, a);
		} else {
			pieces_add(&words, text.text, text.length, a);
		}
	}
	for (size_t i = 0; i < words.count; i++) {
		size_t begin = d.length;

		bytes_shown(&d, words.at[i]);
		struct piece word = written_piece(&d, begin);

		pieces_add(&shown, word.text, word.length, a);
	}
	return shown;
}

/* How a text is divided: by a pattern, or by characters. */
struct split {
	struct pattern *pattern;
	bool (*matches)(unsigned c);
	enum behavior behavior;
	bool inverted;
};

/* Do words still begin where the text does? Its first part may have been left out. */
static bool still_begins(const struct pieces *before, const struct pieces *words)
{
	return before->begins && words->count && words->at[0].text == before->at[0].text;
}

static struct pieces divide(const void *opened, const struct pieces *pieces, struct arena *a)
{
	const struct split *s = opened;
	struct pieces words = { 0 };
	struct text_parts parts = { 0 };

	for (size_t i = 0; i < pieces->count; i++) {
		if (s->pattern)
			parts_by_pattern(&parts, pieces->at[i], s->pattern, a);
		else
			parts_by_character(&parts, pieces->at[i], s->matches, a);
		if (s->inverted)
			parts_invert(&parts);
		parts_divide(&parts, pieces->at[i], s->behavior, &words, a);
	}
	words.begins = still_begins(pieces, &words);
	return words;
}

static struct split *new_split(bool (*matches)(unsigned c), enum behavior behavior)
{
	struct split *s = must_alloc(1, sizeof *s);

	*s = (struct split){ .matches = matches, .behavior = behavior };
	return s;
}

static void *open_split(const struct json_file *f)
{
	struct split *s = new_split(NULL, REMOVED);

	s->pattern = pattern_open(f, "pattern");
	s->behavior = (enum behavior)setting_word(f, "behavior", behaviors, -1);
	if ((int)s->behavior < 0)
		die("%s: 'behavior' is missing", f->path);
	s->inverted = json_bool_or(f, "invert", false);
	return s;
}

static void *open_punctuation(const struct json_file *f)
{
	return new_split(unicode_punctuation,
		(enum behavior)setting_word(f, "behavior", behaviors, ISOLATED));
}

static void *open_digits(const struct json_file *f)
{
	bool each = json_bool_or(f, "individual_digits", false);

	return new_split(unicode_number, each ? ISOLATED : CONTIGUOUS);
}

static void *open_whitespace_split(const struct json_file *f)
{
	(void)f;
	return new_split(unicode_space, REMOVED);
}

static void *open_character(const struct json_file *f)
{
	struct split *s = new_split(NULL, REMOVED);
	struct piece character = setting_piece(f, "delimiter");
	json_t *pattern =
		json_pack("{s{ss%}}", "pattern", "String", character.text, character.length);
	struct json_file as_pattern = { f->path, pattern };

	setting_character(f, "delimiter", 0);
	s->pattern = pattern_open(&as_pattern, "pattern");
	return s;
}

/* Runs of characters of words, and of what is neither that nor space. */
static struct pieces whitespace(const void *opened, const struct pieces *pieces, struct arena *a)
{
	struct pieces words = { 0 };

	(void)opened;
	for (size_t i = 0; i < pieces->count; i++) {
		const char *p = pieces->at[i].text, *end = p + pieces->at[i].length;
		const char *begin = p;
		int kind = 0; /* of the run: 0 space, 1 word, 2 others */

		while (p < end) {
			const char *from = p;
			unsigned c = unicode_next(&p, end);
			int next = unicode_word(c) ? 1 : unicode_space(c) ? 0 : 2;

			if (next == kind)
				continue;
			if (kind)
				pieces_add(&words, begin, (size_t)(from - begin), a);
			begin = from;
			kind = next;
		}
		if (kind)
			pieces_add(&words, begin, (size_t)(end - begin), a);
	}
	words.begins = still_begins(pieces, &words);
	return words;
}

static struct pieces bert(const void *opened, const struct pieces *pieces, struct arena *a)
{
	static const struct split spaces = { .matches = unicode_space, .behavior = REMOVED },
				  marks = { .matches = unicode_punctuation, .behavior = ISOLATED };
	struct pieces words = divide(&spaces, pieces, a);

	(void)opened;
	return divide(&marks, &words, a);
}

static void *open_metaspace(const struct json_file *f)
{
	return metaspace_open(f);
}

static struct pieces metaspace(const void *opened, const struct pieces *pieces, struct arena *a)
{
	const struct metaspace *m = opened;
	struct pieces words = { .begins = pieces->begins };
	struct text_parts parts = { 0 };

	for (size_t i = 0; i < pieces->count; i++) {
		struct piece text = pattern_replace(m->space, pieces->at[i], m->sign, a);
		bool front = m->prepend == PREPEND_ALWAYS ||
			     (m->prepend == PREPEND_FIRST && i == 0 && pieces->begins);

		if (front)
			text = with_front(text, m->sign, a);
		if (m->splits) {
			parts_by_pattern(&parts, text, m->signs, a);
			parts_divide(&parts, text, MERGED_WITH_NEXT, &words, a);
		} else if (text.length) {
			pieces_add(&words, text.text, text.length, a);
		}
	}
	return words;
}

const struct stage_kind pretokenizers[] = {
	{ "ByteLevel", { "add_prefix_space", "trim_offsets", "use_regex" }, open_byte_level,
		byte_level },
	{ "Split", { "pattern", "behavior", "invert" }, open_split, divide },
	{ "Punctuation", { "behavior" }, open_punctuation, divide },
	{ "Digits", { "individual_digits" }, open_digits, divide },
	{ "Whitespace", { NULL }, NULL, whitespace },
	{ "WhitespaceSplit", { NULL }, open_whitespace_split, divide },
	{ "CharDelimiterSplit", { "delimiter" }, open_character, divide },
	{ "BertPreTokenizer", { NULL }, NULL, bert },
	{ "Metaspace", { "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep" },
		open_metaspace, metaspace },
	{ 0 },
};
