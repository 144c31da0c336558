/* SPDX-License-Identifier: Apache-2.0 */
#include "text/division.h"

#include <string.h>

#include "text/unicode.h"

const char *const behaviors[] = { [REMOVED] = "Removed",
	[ISOLATED] = "Isolated",
	[MERGED_WITH_PREVIOUS] = "MergedWithPrevious",
	[MERGED_WITH_NEXT] = "MergedWithNext",
	[CONTIGUOUS] = "Contiguous",
	NULL };

static void add(struct text_parts *parts, size_t begin, size_t end, bool match, struct arena *a)
{
	if (parts->count == parts->room) {
		struct part_of_text *old = parts->at;

		parts->room = parts->room ? 2 * parts->room : 64;
		parts->at = arena_array(a, parts->room, sizeof *parts->at);
		if (parts->count)
			memcpy(parts->at, old, parts->count * sizeof *old);
	}
	parts->at[parts->count++] = (struct part_of_text){ begin, end, match };
}

void parts_by_pattern(
	struct text_parts *parts, struct piece text, const struct pattern *p, struct arena *a)
{
	struct search s = { .pattern = p, .text = text };
	size_t from = 0;

	parts->count = 0;
	while (pattern_next(&s)) {
		if (s.begin > from)
			add(parts, from, s.begin, false, a);
		add(parts, s.begin, s.end, true, a);
		from = s.end;
	}
	if (from < text.length)
		add(parts, from, text.length, false, a);
}

void parts_by_character(
	struct text_parts *parts, struct piece text, bool (*matches)(unsigned c), struct arena *a)
{
	const char *p = text.text, *end = p + text.length;
	size_t from = 0;

	parts->count = 0;
	while (p < end) {
		size_t begin = (size_t)(p - text.text);

		if (!matches(unicode_next(&p, end)))
			continue;
		if (begin > from)
			add(parts, from, begin, false, a);
		from = (size_t)(p - text.text);
		add(parts, begin, from, true, a);
	}
	if (from < text.length)
		add(parts, from, text.length, false, a);
}

void parts_invert(struct text_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		parts->at[i].match = !parts->at[i].match;
}

/* Does a part go together with the one before it? A match joins what is between matches. */
static bool joins(const struct text_parts *parts, size_t i, enum behavior behavior)
{
	bool match = parts->at[i].match, before = i ? parts->at[i - 1].match : false;

	switch (behavior) {
	case CONTIGUOUS:
		return match == before;
	case MERGED_WITH_PREVIOUS:
		return match && !before;
	case MERGED_WITH_NEXT:
		return !match && before;
	default:
		return false;
	}
}

void parts_divide(struct text_parts *parts, struct piece text, enum behavior behavior,
	struct pieces *to, struct arena *a)
{
	for (size_t i = 0, next; i < parts->count; i = next) {
		size_t begin = parts->at[i].begin;

		for (next = i + 1; next < parts->count && joins(parts, next, behavior);)
			next++;
		size_t end = parts->at[next - 1].end;

		if (end > begin && !(behavior == REMOVED && parts->at[i].match))
			pieces_add(to, text.text + begin, end - begin, a);
	}
}
