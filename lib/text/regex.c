/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/regex.h"

#include <ctype.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "text/unicode.h"

/* Steps of one match: thousands a character are enough for any tokenizer that is in use. */
enum { MOST_STEPS = 10 * 1000 * 1000, MOST_KILOBYTES = 64 * 1024, LONGEST = 64 * 1024 };

struct regex {
	const char *where;
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

/* What follows a backslash, in a class or not, in PCRE2's words; NULL: both read it the same. */
static const char *translated(char c, bool in_class)
{
	switch (c) {
	case 's':
		return "\\p{White_Space}";
	case 'S':
		return "\\P{White_Space}";
	case 'w':
		return in_class ? "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"
				: "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]";
	case 'W':
		return in_class ? NULL : "[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]";
	}
	return NULL;
}

static void refuse(const char *where, const char *what)
{
	die("%s: its regular expression has %s, which is not supported", where, what);
}

/* Flags of a group, "(?i:", "(?s)": i alone means the same in both. */
static void check_group(const char *p, const char *where)
{
	if (strncmp(p, "(?", 2) || !(isalpha((unsigned char)p[2]) || p[2] == '-'))
		return;
	for (p += 2; isalpha((unsigned char)*p) || *p == '-'; p++)
		if (*p != 'i' && *p != '-')
			refuse(where, "flags other than i");
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

	if (strchr("hHGKOyYZ", p[1]) || (in_class && p[1] == 'W'))
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

static struct piece translate(struct piece pattern, const char *where, struct arena *a)
{
	struct writing d = { .arena = a };
	const char *p = pattern.text, *end = p + pattern.length;
	bool in_class = false;

	while (p < end) {
		if (*p == '\\' && p + 1 < end) {
			p = translate_escape(&d, p, end, in_class, where);
			continue;
		}
		if (in_class)
			check_class(p, where);
		else
			check_group(p, where);
		if (*p == '[')
			in_class = true;
		else if (*p == ']')
			in_class = false;
		write_text(&d, p++, 1);
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
	if (!r->match || !r->limits)
		die("out of memory");
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
