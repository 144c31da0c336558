/* SPDX-License-Identifier: Apache-2.0 */
#include "text/pattern.h"

#include <string.h>

#include "base/die.h"
#include "text/regex.h"
#include "text/setting.h"

struct pattern {
	struct regex *regex; /* NULL: `text` as it is */
	struct piece text;
};

struct pattern *pattern_regex(const char *regex, const char *where)
{
	struct pattern *p = must_alloc(1, sizeof *p);

	p->regex = regex_open(regex, strlen(regex), where);
	return p;
}

struct pattern *pattern_open(const struct json_file *settings, const char *key)
{
	struct json_file f = setting_object(settings, key);
	struct pattern *p = must_alloc(1, sizeof *p);

	settings_check(&f, (const char *const[]){ "String", "Regex", NULL });
	if (json_find(&f, "Regex")) {
		struct piece regex = setting_piece(&f, "Regex");

		p->regex = regex_open(regex.text, regex.length, f.path);
		return p;
	}
	p->text = setting_piece(&f, "String");
	if (!p->text.length)
		die("%s: 'String' is empty", f.path);
	return p;
}

static bool find_text(struct search *s)
{
	const char *from = s->text.text + s->end, *end = s->text.text + s->text.length;
	struct piece wanted = s->pattern->text;
	const char *at = memmem(from, (size_t)(end - from), wanted.text, wanted.length);

	if (!at)
		return false;
	s->begin = (size_t)(at - s->text.text);
	s->end = s->begin + wanted.length;
	return true;
}

bool pattern_next(struct search *s)
{
	size_t last = s->end, from = last;

	if (!s->pattern->regex)
		return find_text(s);
	while (from <= s->text.length &&
		regex_find(s->pattern->regex, s->text, from, &s->begin, &s->end)) {
		if (s->end > s->begin || !s->found || s->end != last) {
			s->found = true;
			return true;
		}
		for (from++; from < s->text.length &&
			     ((unsigned char)s->text.text[from] & 0xc0) == 0x80;)
			from++;
	}
	return false;
}

struct piece pattern_replace(
	const struct pattern *p, struct piece text, struct piece content, struct arena *a)
{
	struct search s = { .pattern = p, .text = text };
	struct writing d = { .arena = a };
	size_t from = 0;

	while (pattern_next(&s)) {
		write_text(&d, text.text + from, s.begin - from);
		write_text(&d, content.text, content.length);
		from = s.end;
	}
	if (!d.text)
		return text;
	write_text(&d, text.text + from, text.length - from);
	return written_piece(&d, 0);
}
