/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/label.h"

#include <stdbool.h>
#include <string.h>

#include "base/die.h"
#include "base/utf8.h"
#include "record/text.h"

struct code_range {
	unsigned from, to;
};

static const struct code_range zero[] = { { 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd },
	{ 0x610, 0x61a }, { 0x64b, 0x65f }, { 0x93a, 0x93a }, { 0x93c, 0x93c }, { 0x941, 0x948 },
	{ 0x94d, 0x94d }, { 0xe31, 0xe31 }, { 0xe34, 0xe3a }, { 0xe47, 0xe4e }, { 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff }, { 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x2064 },
	{ 0x20d0, 0x20ff }, { 0x3099, 0x309a }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
	{ 0xfeff, 0xfeff }, { 0x1f3fb, 0x1f3ff }, { 0xe0100, 0xe01ef } };

static const struct code_range wide[] = { { 0x1100, 0x115f }, { 0x2e80, 0x303e },
	{ 0x3041, 0xa4cf }, { 0xa960, 0xa97c }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f }, { 0xff01, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x16fe0, 0x18aff },
	{ 0x1b000, 0x1b2ff }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
	{ 0x20000, 0x3fffd } };

static bool among(const struct code_range *r, size_t count, unsigned c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= r[i].from && c <= r[i].to)
			return true;
	return false;
}

static long char_width(const char *p, size_t bytes)
{
	unsigned c = utf8_code(p, bytes);

	if (among(zero, sizeof zero / sizeof *zero, c))
		return 0;
	return among(wide, sizeof wide / sizeof *wide, c) ? 2 : 1;
}

/* At most 4 bytes are looked at: pieces may be long. A byte that is no character counts as one. */
static size_t char_bytes(const char *p)
{
	size_t n = utf8_char(p, strnlen(p, 4));

	return n ? n : 1;
}

size_t label_char(const char *label, long *width)
{
	size_t n = char_bytes(label);

	*width = char_width(label, n);
	while (label[n]) {
		size_t more = char_bytes(label + n);

		if (char_width(label + n, more))
			break;
		n += more;
	}
	return n;
}

long label_width(const char *label)
{
	long total = 0, width;

	for (; *label; total += width)
		label += label_char(label, &width);
	return total;
}

/* The bytes that a label may have for its width: accents have none, but there is an end to them. */
static size_t most_bytes(long width)
{
	return 16 * (size_t)width + 16;
}

const char *label_cut(struct arena *a, const char *text, long most)
{
	char *label = arena_text(a, text, strnlen(text, most_bytes(most) + 4));
	size_t n = 0, bytes;
	long used = 0, width;

	plain_text(label);
	if (label_width(label) <= most && strlen(label) <= most_bytes(most))
		return label;
	while (bytes = label_char(label + n, &width),
		label[n] && used + width < most && n + bytes <= most_bytes(most)) {
		used += width;
		n += bytes;
	}
	return arena_printf(a, "%.*s\u2026", (int)n, label);
}

void label_wrap(FILE *to, const char *label, long width, long used)
{
	for (bool first = true; *label; first = false) {
		size_t n = strcspn(label, " "), gap = strspn(label + n, " ");
		char word[256];
		long columns;

		snprintf(word, sizeof word, "%.*s", (int)n, label);
		columns = label_width(word) + !first;
		if (width && !first && used + columns > width) {
			fputc('\n', to);
			used = 0, columns--, first = true;
		}
		fprintf(to, "%s%.*s", first ? "" : " ", (int)n, label);
		used += columns;
		label += n + gap;
	}
	fputc('\n', to);
}
