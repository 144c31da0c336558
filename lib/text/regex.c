/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/regex.h"

#include <ctype.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "text/unicode.h"

/* Steps of one match: thousands a character are enough for any tokenizer that is in use. */
enum {
	MOST_STEPS = 10 * 1000 * 1000,
	MOST_KILOBYTES = 64 * 1024,
	LONGEST = 64 * 1024,
	LEAST_STACK = 32 * 1024
};

struct regex {
	const char *where;
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

/*
 * Characters of words: in a class as Unicode has them, and elsewhere with the numbers of Latin-1 that are no
 * digits (superscripts, fractions), as Oniguruma's table has them.
 */
#define IN_WORD "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"
#define WORD IN_WORD "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}"

/* What follows a backslash, in a class or not, in PCRE2's words; NULL: both read it the same. */
static const char *translated(char c, bool in_class)
{
	switch (c) {
	case 's':
		return "\\p{White_Space}";
	case 'S':
		return "\\P{White_Space}";
	case 'w':
		return in_class ? IN_WORD : "[" WORD "]";
	case 'W':
		return in_class ? NULL : "[^" WORD "]";
	case 'b':
		return in_class ? NULL
				: "(?:(?<=[" WORD "])(?![" WORD "])|(?<![" WORD "])(?=[" WORD "]))";
	case 'B':
		return in_class ? NULL
				: "(?:(?<=[" WORD "])(?=[" WORD "])|(?<![" WORD "])(?![" WORD "]))";
	}
	return NULL;
}

static void refuse(const char *where, const char *what)
{
	die("%s: its regular expression has %s, which is not supported", where, what);
}

/* Flags: i alone means the same in both, of a group "(?i:" or of the whole "(?i)". */
static void check_group(const char *p, bool first, const char *where)
{
	if (strncmp(p, "(?", 2) || !(isalpha((unsigned char)p[2]) || p[2] == '-'))
		return;
	for (p += 2; isalpha((unsigned char)*p) || *p == '-'; p++)
		if (*p != 'i' && *p != '-')
			refuse(where, "flags other than i");
	if (*p == ')' && !first)
		refuse(where, "flags for a part of it without a colon");
}

/* The end of an interval, "{1,3}" or "{2}" or "{,3}", and its smallest number; NULL: it is none. */
static const char *interval_end(const char *p, long *least)
{
	const char *q = p + 1;

	*least = isdigit((unsigned char)*q) ? strtol(q, NULL, 10) : 0;
	q += strspn(q, "0123456789");
	if (*q == ',')
		q += 1 + strspn(q + 1, "0123456789");
	return *q == '}' && q - p > 2 ? q + 1 : NULL;
}

/*
 * An interval: "{,3}" is from 0 on, and a plus behind one repeats it, which is X+ for X{1,3}+ and X*
 * for X{0,3}+; where it ends.
 */
static const char *translate_interval(struct writing *d, const char *p, const char *where)
{
	long least;
	const char *end = interval_end(p, &least);

	if (!end) {
		write_text(d, p, 1);
		return p + 1;
	}
	if (*end == '+' && least > 1)
		refuse(where, "an interval that is repeated");
	if (*end == '+') {
		write_text(d, least ? "+" : "*", 1);
		return end + 1;
	}
	write_text(d, p, 1);
	if (p[1] == ',')
		write_text(d, "0", 1);
	write_text(d, p + 1, (size_t)(end - p - 1));
	return end;
}

/* Classes in classes and "&&" are Oniguruma's alone; [[:alpha:]] is not in use. */
static void check_class(const char *p, const char *where)
{
	if (*p == '[' || !strncmp(p, "&&", 2))
		refuse(where, "a class in a class");
}

/* \p{Han} is a script; to PCRE2 also the characters that are used with it. Bytes of the name; 0: none. */
static size_t script_name(const char *p, const char *end)
{
	const char *close = memchr(p, '}', (size_t)(end - p));
	char name[64];

	if (!strchr("pP", *p) || end - p < 3 || p[1] != '{' || !close)
		return 0;

	size_t n = (size_t)(close - p - 2);

	snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : 0), p + 2);
	return unicode_script(name) ? n : 0;
}

/* The escape at p, of which the byte behind the backslash is there; where it ends, or can be copied on. */
static const char *translate_escape(
	struct writing *d, const char *p, const char *end, bool in_class, const char *where)
{
	const char *other = translated(p[1], in_class);

	if (strchr("hHGKOyYZvVNQEC", p[1]) || (in_class && p[1] == 'W') ||
		(strchr("pP", p[1]) && end - p > 3 && !strncmp(p + 2, "{^", 2)))
		refuse(where, "an escape that is read in two ways");
	if (script_name(p + 1, end)) {
		write_text(d, p, 3);
		write_text(d, "sc:", 3);
		return p + 3;
	}
	if (other)
		write_text(d, other, strlen(other));
	else
		write_text(d, p, 2);
	return p + 2;
}

/* What opens a class: "[" and perhaps "^"; a "]" behind it would be one of its characters. */
static const char *open_class(struct writing *d, const char *p, const char *where)
{
	size_t n = p[1] == '^' ? 2 : 1;

	if (p[n] == ']')
		refuse(where, "a ']' at the beginning of a class");
	write_text(d, p, n);
	return p + n;
}

static struct piece translate(struct piece pattern, const char *where, struct arena *a)
{
	struct writing d = { .arena = a };
	const char *p = pattern.text, *end = p + pattern.length;
	bool in_class = false;

	while (p < end) {
		if (*p == '\\' && p + 1 < end) {
			p = translate_escape(&d, p, end, in_class, where);
		} else if (in_class) {
			check_class(p, where);
			in_class = *p != ']';
			write_text(&d, p++, 1);
		} else if (*p == '[') {
			in_class = true;
			p = open_class(&d, p, where);
		} else if (*p == '{') {
			p = translate_interval(&d, p, where);
		} else {
			check_group(p, p == pattern.text, where);
			write_text(&d, p++, 1);
		}
	}
	return written_piece(&d, 0);
}

struct regex *regex_open(const char *pattern, size_t length, const char *where)
{
	struct regex *r = must_alloc(1, sizeof *r);
	struct arena a = { 0 };
	int error;
	size_t at;

	if (length > LONGEST)
		die("%s: a regular expression of %zu bytes is too long", where, length);
	struct piece p =
		translate((struct piece){ arena_text(&a, pattern, length), length }, where, &a);

	r->where = must_strdup(where);
	r->code = pcre2_compile((PCRE2_SPTR)p.text, p.length,
		PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error, &at,
		NULL);
	if (!r->code) {
		char why[256];

		pcre2_get_error_message(error, (PCRE2_UCHAR *)why, sizeof why);
		die("%s: its regular expression is not one: %s at byte %zu", where, why, at);
	}
	pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE); /* without it, it is slower */
	r->match = pcre2_match_data_create(1, NULL);
	r->limits = pcre2_match_context_create(NULL);
	pcre2_jit_stack *stack =
		pcre2_jit_stack_create(LEAST_STACK, (size_t)MOST_KILOBYTES * 1024, NULL);
	if (!r->match || !r->limits || !stack)
		die("out of memory");
	pcre2_jit_stack_assign(r->limits, NULL, stack);
	pcre2_set_match_limit(r->limits, MOST_STEPS);
	pcre2_set_heap_limit(r->limits, MOST_KILOBYTES);
	arena_free(&a);
	return r;
}

bool regex_find(const struct regex *r, struct piece text, size_t from, size_t *begin, size_t *end)
{
	int status = pcre2_match(r->code, (PCRE2_SPTR)text.text, text.length, from,
		PCRE2_NO_UTF_CHECK, r->match, r->limits);
	const size_t *found = pcre2_get_ovector_pointer(r->match);

	if (status == PCRE2_ERROR_NOMATCH)
		return false;
	if (status < 0)
		die("%s: its regular expression takes too long on this text, or too much memory",
			r->where);
	*begin = found[0];
	*end = found[1];
	if (*end < *begin)
		die("%s: its regular expression has a match that ends before it begins", r->where);
	return true;
}
