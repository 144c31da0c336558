/* SPDX-License-Identifier: Apache-2.0 */
#include "text/unicode.h"

#include <limits.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>

#include "base/die.h"
#include "base/utf8.h"

/* What ICU refuses of a text that is valid is memory, or a length beyond an int. */
static void check(UErrorCode status)
{
	if (U_FAILURE(status))
		die("the ICU library fails: %s", u_errorName(status));
}

static bool is_ascii(struct piece text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.text[i] >= 0x80)
			return false;
	return true;
}

/* A text of n units of UTF-16 has at most 3 n bytes, one of n bytes at most n units. */
static UChar *wide(struct piece text, int32_t *length, struct arena *a)
{
	UErrorCode status = U_ZERO_ERROR;

	if (text.length > INT_MAX / 64)
		die("a text of %zu bytes is too long to be normalised", text.length);
	UChar *to = arena_array(a, text.length + 1, sizeof *to);

	u_strFromUTF8(
		to, (int32_t)text.length + 1, length, text.text, (int32_t)text.length, &status);
	check(status);
	return to;
}

static struct piece narrow(const UChar *from, int32_t length, struct arena *a)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t bytes;
	char *to = arena_array(a, (size_t)length + 1, 3);

	u_strToUTF8(to, 3 * (length + 1), &bytes, from, length, &status);
	check(status);
	return (struct piece){ to, (size_t)bytes };
}

static const UNormalizer2 *form_of(enum normal_form form)
{
	static const UNormalizer2 *(*const get[])(
		UErrorCode *) = { [FORM_NFC] = unorm2_getNFCInstance,
		[FORM_NFD] = unorm2_getNFDInstance,
		[FORM_NFKC] = unorm2_getNFKCInstance,
		[FORM_NFKD] = unorm2_getNFKDInstance };
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *n = get[form](&status);

	check(status);
	return n;
}

struct piece unicode_normal(struct piece text, enum normal_form form, struct arena *a)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t length;

	if (is_ascii(text))
		return text;
	UChar *from = wide(text, &length, a);
	/* no character becomes more than 18 units (Unicode's stability policy) */
	int32_t room = 18 * length;
	UChar *to = arena_array(a, (size_t)room, sizeof *to);

	length = unorm2_normalize(form_of(form), from, length, to, room, &status);
	if (status == U_STRING_NOT_TERMINATED_WARNING)
		status = U_ZERO_ERROR;
	check(status);
	return narrow(to, length, a);
}

struct piece unicode_lower(struct piece text, struct arena *a)
{
	struct writing d = { .arena = a };
	const char *p = text.text, *end = p + text.length;

	while (p < end) {
		const char *from = p;
		unsigned c = unicode_next(&p, end);
		UErrorCode status = U_ZERO_ERROR;
		UChar in[U16_MAX_LENGTH], out[8];
		int32_t n = 0, m;

		if (c < 0x80) {
			char lower = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);

			write_text(&d, &lower, 1);
			continue;
		}
		U16_APPEND_UNSAFE(in, n, c);
		m = u_strToLower(out, 8, in, n, "", &status);
		check(status);
		if (m == n && !memcmp(in, out, (size_t)n * sizeof *in)) {
			write_text(&d, from, (size_t)(p - from));
			continue;
		}
		for (int32_t i = 0; i < m;) {
			UChar32 lower;

			U16_NEXT(out, i, m, lower);
			write_character(&d, (unsigned)lower);
		}
	}
	return written_piece(&d, 0);
}

unsigned unicode_next(const char **p, const char *end)
{
	unsigned char first = (unsigned char)**p;

	if (first < 0x80) {
		++*p;
		return first;
	}
	size_t n = utf8_char(*p, (size_t)(end - *p));
	unsigned c = utf8_code(*p, n);

	*p += n;
	return c;
}

unsigned unicode_before(const char *begin, const char **p)
{
	const char *end = *p;

	do
		--*p;
	while (*p > begin && ((unsigned char)**p & 0xc0) == 0x80);
	return utf8_code(*p, (size_t)(end - *p));
}

bool unicode_space(unsigned c)
{
	return u_isUWhiteSpace((UChar32)c);
}

static bool has_category(unsigned c, uint32_t mask)
{
	return (U_GET_GC_MASK((UChar32)c) & mask) != 0;
}

bool unicode_word(unsigned c)
{
	return u_isUAlphabetic((UChar32)c) ||
	       has_category(c, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK) ||
	       u_hasBinaryProperty((UChar32)c, UCHAR_JOIN_CONTROL);
}

bool unicode_number(unsigned c)
{
	return has_category(c, U_GC_N_MASK);
}

bool unicode_mark(unsigned c)
{
	return has_category(c, U_GC_M_MASK);
}

bool unicode_nonspacing(unsigned c)
{
	return has_category(c, U_GC_MN_MASK);
}

bool unicode_punctuation(unsigned c)
{
	if (c < 0x80)
		return c > ' ' && c < 0x7f && !u_isalnum((UChar32)c);
	return has_category(c, U_GC_P_MASK);
}

bool unicode_other(unsigned c)
{
	return has_category(c, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK);
}

bool unicode_script(const char *name)
{
	return strlen(name) > 2 && u_getPropertyValueEnum(UCHAR_SCRIPT, name) != UCHAR_INVALID_CODE;
}

struct graphemes {
	UBreakIterator *breaks;
	UText text;
	struct piece whole;
};

struct graphemes *graphemes_new(void)
{
	struct graphemes *g = must_alloc(1, sizeof *g);
	UErrorCode status = U_ZERO_ERROR;

	*g = (struct graphemes){ .text = UTEXT_INITIALIZER,
		.breaks = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &status) };
	check(status);
	return g;
}

void graphemes_begin(struct graphemes *g, struct piece text)
{
	UErrorCode status = U_ZERO_ERROR;

	g->whole = text;
	utext_openUTF8(&g->text, text.text, (int64_t)text.length, &status);
	ubrk_setUText(g->breaks, &g->text, &status);
	check(status);
	ubrk_first(g->breaks);
}

bool graphemes_next(struct graphemes *g, struct piece *cluster)
{
	int32_t begin = ubrk_current(g->breaks), end = ubrk_next(g->breaks);

	if (end == UBRK_DONE)
		return false;
	*cluster = (struct piece){ g->whole.text + begin, (size_t)(end - begin) };
	return true;
}

struct piece unicode_repaired(const char *bytes, size_t length, struct arena *a)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t units;

	if (utf8_valid(bytes, length))
		return (struct piece){ bytes, length };
	if (length > INT_MAX / 64)
		die("a text of %zu bytes is too long", length);
	UChar *to = arena_array(a, length + 1, sizeof *to);

	u_strFromUTF8WithSub(
		to, (int32_t)length + 1, &units, bytes, (int32_t)length, 0xfffd, NULL, &status);
	check(status);
	return narrow(to, units, a);
}
