/* SPDX-License-Identifier: Apache-2.0 */
#include "subword/pattern.h"

#include <string.h>

#include "base/die.h"
#include "subword/regex.h"
#include "subword/stage.h"

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

bool pattern_find(
	const struct pattern *p, struct piece text, size_t from, size_t *begin, size_t *end)
{
	if (!p->regex) {
		const char *at =
			memmem(text.text + from, text.length - from, p->text.text, p->text.length);

		*begin = at ? (size_t)(at - text.text) : 0;
		*end = *begin + p->text.length;
		return at != NULL;
	}
	while (from <= text.length && regex_find(p->regex, text, from, begin, end)) {
		if (*end > *begin)
			return true;
		for (from = *end + 1;
			from < text.length && ((unsigned char)text.text[from] & 0xc0) == 0x80;)
			from++;
	}
	return false;
}

struct piece pattern_replace(
	const struct pattern *p, struct piece text, struct piece content, struct arena *a)
{
	struct draft d = { .arena = a };
	size_t from = 0, begin, end;

	while (pattern_find(p, text, from, &begin, &end)) {
		draft_add(&d, text.text + from, begin - from);
		draft_add(&d, content.text, content.length);
		from = end;
	}
	if (!from)
		return text;
	draft_add(&d, text.text + from, text.length - from);
	return draft_piece(&d, 0);
}
