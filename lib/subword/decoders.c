/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders: the tokens of a text put together. */
#include <string.h>

#include "base/die.h"
#include "text/bytes.h"
#include "subword/metaspace.h"
#include "subword/replacement.h"
#include "text/pattern.h"
#include "subword/stage.h"
#include "text/unicode.h"

static void add(struct pieces *list, struct piece p, struct arena *a)
{
	pieces_add(list, p.text, p.length, a);
}

static struct pieces byte_level(const void *opened, const struct pieces *tokens, struct arena *a)
{
	struct writing d = { .arena = a };
	struct pieces text = { 0 };

	(void)opened;
	for (size_t i = 0; i < tokens->count; i++)
		bytes_meant(&d, tokens->at[i]);
	struct piece bytes = written_piece(&d, 0);

	add(&text, unicode_repaired(bytes.text, bytes.length, a), a);
	return text;
}

/* A run of tokens of bytes is their text; of bytes that are none, one U+FFFD each. */
static void end_bytes(struct pieces *list, struct writing *d, size_t begin, struct arena *a)
{
	struct piece bytes = written_piece(d, begin);
	struct piece whole = unicode_repaired(bytes.text, bytes.length, a);

	if (!bytes.length)
		return;
	if (whole.text == bytes.text)
		add(list, bytes, a);
	else
		for (size_t i = 0; i < bytes.length; i++)
			add(list, piece_of("\xef\xbf\xbd"), a);
}

static struct pieces byte_fallback(const void *opened, const struct pieces *tokens, struct arena *a)
{
	struct writing d = { .arena = a };
	struct pieces list = { 0 };
	size_t begin = 0;

	(void)opened;
	for (size_t i = 0; i < tokens->count; i++) {
		int byte = byte_named(tokens->at[i]);
		char c = (char)byte;

		if (byte >= 0) {
			write_text(&d, &c, 1);
			continue;
		}
		end_bytes(&list, &d, begin, a);
		begin = d.length;
		add(&list, tokens->at[i], a);
	}
	end_bytes(&list, &d, begin, a);
	return list;
}

static struct pieces fuse(const void *opened, const struct pieces *tokens, struct arena *a)
{
	struct writing d = { .arena = a };
	struct pieces list = { 0 };

	(void)opened;
	for (size_t i = 0; i < tokens->count; i++)
		write_text(&d, tokens->at[i].text, tokens->at[i].length);
	add(&list, written_piece(&d, 0), a);
	return list;
}

struct strip {
	unsigned content;
	long start, stop;
};

static void *open_strip(const struct json_file *f)
{
	struct strip *s = must_alloc(1, sizeof *s);

	s->content = setting_character(f, "content", ' ');
	s->start = json_int(f, "start");
	s->stop = json_int(f, "stop");
	return s;
}

static struct piece stripped(const struct strip *s, struct piece token)
{
	const char *begin = token.text, *end = begin + token.length, *p = begin;

	for (long i = 0; i < s->start && p < end && unicode_next(&p, end) == s->content; i++)
		begin = p;
	p = end;
	for (long i = 0; i < s->stop && p > begin && unicode_before(begin, &p) == s->content; i++)
		end = p;
	return (struct piece){ begin, (size_t)(end - begin) };
}

static struct pieces strip(const void *opened, const struct pieces *tokens, struct arena *a)
{
	struct pieces list = { 0 };

	for (size_t i = 0; i < tokens->count; i++)
		add(&list, stripped(opened, tokens->at[i]), a);
	return list;
}

static struct pieces replace(const void *opened, const struct pieces *tokens, struct arena *a)
{
	const struct replacement *r = opened;
	struct pieces list = { 0 };

	for (size_t i = 0; i < tokens->count; i++)
		add(&list, pattern_replace(r->pattern, tokens->at[i], r->content, a), a);
	return list;
}

static void *open_metaspace(const struct json_file *f)
{
	return metaspace_open(f);
}

/* The signs of the first token are none of the text, where one was put in front. */
static struct pieces metaspace(const void *opened, const struct pieces *tokens, struct arena *a)
{
	const struct metaspace *m = opened;
	struct pieces list = { 0 };

	for (size_t i = 0; i < tokens->count; i++) {
		bool front = i == 0 && m->prepend != PREPEND_NEVER;

		add(&list, pattern_replace(m->signs, tokens->at[i], piece_of(front ? "" : " "), a),
			a);
	}
	return list;
}

struct words_of_pieces {
	struct piece prefix;
	bool cleans;
};

static void *open_word_piece(const struct json_file *f)
{
	struct words_of_pieces *w = must_alloc(1, sizeof *w);

	w->prefix = json_find(f, "prefix") ? setting_piece(f, "prefix") : piece_of("##");
	w->cleans = json_bool_or(f, "cleanup", true);
	return w;
}

/* The spaces that English does not have. */
static struct piece cleaned(struct piece text, struct arena *a)
{
	static const char *const pairs[][2] = { { " .", "." }, { " ?", "?" }, { " !", "!" },
		{ " ,", "," }, { " ' ", "'" }, { " n't", "n't" }, { " 'm", "'m" },
		{ " do not", " don't" }, { " 's", "'s" }, { " 've", "'ve" }, { " 're", "'re" } };

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		text = piece_replace(text, piece_of(pairs[i][0]), piece_of(pairs[i][1]), a);
	return text;
}

static struct pieces word_piece(const void *opened, const struct pieces *tokens, struct arena *a)
{
	const struct words_of_pieces *w = opened;
	struct pieces list = { 0 };

	for (size_t i = 0; i < tokens->count; i++) {
		struct piece token = tokens->at[i];
		struct writing d = { .arena = a };

		if (i && piece_begins(token, w->prefix.text, w->prefix.length)) {
			token.text += w->prefix.length;
			token.length -= w->prefix.length;
		} else if (i) {
			write_text(&d, " ", 1);
		}
		write_text(&d, token.text, token.length);
		token = written_piece(&d, 0);
		add(&list, w->cleans ? cleaned(token, a) : token, a);
	}
	return list;
}

static void *open_suffix(const struct json_file *f)
{
	struct piece *suffix = must_alloc(1, sizeof *suffix);

	*suffix = json_find(f, "suffix") ? setting_piece(f, "suffix") : piece_of("</w>");
	if (!suffix->length)
		die("%s: 'suffix' is empty: not supported", f->path);
	return suffix;
}

/* The end of a word is a space, but behind the last. */
static struct pieces suffix(const void *opened, const struct pieces *tokens, struct arena *a)
{
	const struct piece *end = opened;
	struct pieces list = { 0 };

	for (size_t i = 0; i < tokens->count; i++)
		add(&list,
			piece_replace(
				tokens->at[i], *end, piece_of(i + 1 < tokens->count ? " " : ""), a),
			a);
	return list;
}

const struct stage_kind decoders[] = {
	{ "ByteLevel", { "add_prefix_space", "trim_offsets", "use_regex" }, NULL, byte_level },
	{ "ByteFallback", { NULL }, NULL, byte_fallback },
	{ "Fuse", { NULL }, NULL, fuse },
	{ "Strip", { "content", "start", "stop" }, open_strip, strip },
	{ "Replace", { "pattern", "content" }, replacement_open, replace },
	{ "Metaspace", { "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep" },
		open_metaspace, metaspace },
	{ "WordPiece", { "prefix", "cleanup" }, open_word_piece, word_piece },
	{ "BPEDecoder", { "suffix" }, open_suffix, suffix },
	{ 0 },
};
