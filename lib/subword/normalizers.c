/* SPDX-License-Identifier: Apache-2.0 */
/* Normalizers: a text before it is divided. */
#include "base/die.h"
#include "text/bytes.h"
#include "text/charsmap.h"
#include "subword/replacement.h"
#include "text/pattern.h"
#include "subword/stage.h"
#include "text/unicode.h"

/* The text of a list of one with another text in its place. */
static struct pieces with(const struct pieces *pieces, struct piece text, struct arena *a)
{
	struct pieces new = { .begins = pieces->begins };

	pieces_add(&new, text.text, text.length, a);
	return new;
}

static void *open_form(const struct json_file *f)
{
	static const char *const names[] = { [FORM_NFC] = "NFC",
		[FORM_NFD] = "NFD",
		[FORM_NFKC] = "NFKC",
		[FORM_NFKD] = "NFKD",
		NULL };
	enum normal_form *form = must_alloc(1, sizeof *form);

	*form = (enum normal_form)setting_word(f, "type", names, FORM_NFC);
	return form;
}

static struct pieces normal_form(const void *form, const struct pieces *p, struct arena *a)
{
	return with(p, unicode_normal(p->at[0], *(const enum normal_form *)form, a), a);
}

static struct pieces lowercase(const void *opened, const struct pieces *p, struct arena *a)
{
	(void)opened;
	return with(p, unicode_lower(p->at[0], a), a);
}

/* The text without characters that `is` says are to go. */
static struct piece without(struct piece text, bool (*is)(unsigned c), struct arena *a)
{
	struct writing d = { .arena = a };
	const char *p = text.text, *end = p + text.length;

	while (p < end) {
		const char *from = p;

		if (!is(unicode_next(&p, end)))
			write_text(&d, from, (size_t)(p - from));
	}
	return written_piece(&d, 0);
}

static struct pieces strip_accents(const void *opened, const struct pieces *p, struct arena *a)
{
	(void)opened;
	return with(p, without(p->at[0], unicode_mark, a), a);
}

struct ends {
	bool left, right;
};

static void *open_strip(const struct json_file *f)
{
	struct ends *s = must_alloc(1, sizeof *s);

	s->left = json_bool_or(f, "strip_left", true);
	s->right = json_bool_or(f, "strip_right", true);
	return s;
}

static struct pieces strip(const void *opened, const struct pieces *pieces, struct arena *a)
{
	const struct ends *s = opened;
	const char *begin = pieces->at[0].text, *end = begin + pieces->at[0].length, *p = begin;

	while (s->left && p < end && unicode_space(unicode_next(&p, end)))
		begin = p;
	p = end;
	while (s->right && p > begin && unicode_space(unicode_before(begin, &p)))
		end = p;
	return with(pieces, (struct piece){ begin, (size_t)(end - begin) }, a);
}

static struct pieces replace(const void *opened, const struct pieces *p, struct arena *a)
{
	const struct replacement *r = opened;

	return with(p, pattern_replace(r->pattern, p->at[0], r->content, a), a);
}

static void *open_prepend(const struct json_file *f)
{
	struct piece *text = must_alloc(1, sizeof *text);

	*text = setting_piece(f, "prepend");
	return text;
}

static struct pieces prepend(const void *opened, const struct pieces *p, struct arena *a)
{
	const struct piece *front = opened;
	struct writing d = { .arena = a };

	if (!p->at[0].length)
		return *p;
	write_text(&d, front->text, front->length);
	write_text(&d, p->at[0].text, p->at[0].length);
	return with(p, written_piece(&d, 0), a);
}

/* The controls that SentencePiece's nmt rules take out, and what they make a space of. */
static bool nmt_removes(unsigned c)
{
	return (c >= 0x01 && c <= 0x08) || c == 0x0b || (c >= 0x0e && c <= 0x1f) || c == 0x7f ||
	       c == 0x8f || c == 0x9f;
}

static bool nmt_spaces(unsigned c)
{
	return c == 0x09 || c == 0x0a || c == 0x0c || c == 0x0d || c == 0x1680 ||
	       (c >= 0x200b && c <= 0x200f) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
	       c == 0xfeff || c == 0xfffd;
}

static struct pieces nmt(const void *opened, const struct pieces *pieces, struct arena *a)
{
	struct piece text = without(pieces->at[0], nmt_removes, a);
	struct writing d = { .arena = a };
	const char *p = text.text, *end = p + text.length;

	(void)opened;
	while (p < end) {
		unsigned c = unicode_next(&p, end);

		write_character(&d, nmt_spaces(c) ? ' ' : c);
	}
	return with(pieces, written_piece(&d, 0), a);
}

struct bert {
	bool clean, divides, strips, lowers;
};

static void *open_bert(const struct json_file *f)
{
	struct bert *b = must_alloc(1, sizeof *b);

	b->clean = json_bool_or(f, "clean_text", true);
	b->divides = json_bool_or(f, "handle_chinese_chars", true);
	b->lowers = json_bool_or(f, "lowercase", true);
	b->strips = json_bool_or(f, "strip_accents", b->lowers);
	return b;
}

static bool bert_removes(unsigned c)
{
	if (c == '\t' || c == '\n' || c == '\r')
		return false;
	return c == 0 || c == 0xfffd || unicode_other(c);
}

/* Chinese, Japanese and Korean ideographs, as BERT has them. */
static bool is_ideograph(unsigned c)
{
	return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
	       (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
	       (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

static struct piece bert_spaces(const struct bert *b, struct piece text, struct arena *a)
{
	struct writing d = { .arena = a };
	const char *p = text.text, *end = p + text.length;

	while (p < end) {
		unsigned c = unicode_next(&p, end);
		bool alone = b->divides && is_ideograph(c);

		if (alone)
			write_text(&d, " ", 1);
		write_character(&d, b->clean && unicode_space(c) ? ' ' : c);
		if (alone)
			write_text(&d, " ", 1);
	}
	return written_piece(&d, 0);
}

static struct pieces bert(const void *opened, const struct pieces *p, struct arena *a)
{
	const struct bert *b = opened;
	struct piece text = b->clean ? without(p->at[0], bert_removes, a) : p->at[0];

	if (b->clean || b->divides)
		text = bert_spaces(b, text, a);
	if (b->strips)
		text = without(unicode_normal(text, FORM_NFD, a), unicode_nonspacing, a);
	if (b->lowers)
		text = unicode_lower(text, a);
	return with(p, text, a);
}

static void *open_charsmap(const struct json_file *f)
{
	return charsmap_open(json_text(f, "precompiled_charsmap"), f->path);
}

static struct pieces precompiled(const void *opened, const struct pieces *p, struct arena *a)
{
	return with(p, charsmap_apply(opened, p->at[0], a), a);
}

static struct pieces byte_level(const void *opened, const struct pieces *p, struct arena *a)
{
	struct writing d = { .arena = a };

	(void)opened;
	bytes_shown(&d, p->at[0]);
	return with(p, written_piece(&d, 0), a);
}

const struct stage_kind normalizers[] = {
	{ "NFC", { NULL }, open_form, normal_form },
	{ "NFD", { NULL }, open_form, normal_form },
	{ "NFKC", { NULL }, open_form, normal_form },
	{ "NFKD", { NULL }, open_form, normal_form },
	{ "Lowercase", { NULL }, NULL, lowercase },
	{ "StripAccents", { NULL }, NULL, strip_accents },
	{ "Strip", { "strip_left", "strip_right" }, open_strip, strip },
	{ "Replace", { "pattern", "content" }, replacement_open, replace },
	{ "Prepend", { "prepend" }, open_prepend, prepend },
	{ "Nmt", { NULL }, NULL, nmt },
	{ "BertNormalizer", { "clean_text", "handle_chinese_chars", "strip_accents", "lowercase" },
		open_bert, bert },
	{ "Precompiled", { "precompiled_charsmap" }, open_charsmap, precompiled },
	{ "ByteLevel", { NULL }, NULL, byte_level },
	{ 0 },
};
