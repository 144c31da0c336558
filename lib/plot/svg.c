/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/svg.h"

#include <string.h>

#include "base/utf8.h"
#include "plot/colour.h"
#include "plot/label.h"
#include "record/text.h"

enum {
	STRIPES = 64,
	CLEAR = 56, /* between two numbers of a scale */
	STRIP = 14  /* the height of a number */
};

void svg_begin(FILE *to, long width, long height)
{
	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%ld\" height=\"%ld\" "
		"viewBox=\"0 0 %ld %ld\" font-family=\"sans-serif\" font-size=\"12\">\n"
		"<style>.n{font-size:11px;text-anchor:middle}.m{text-anchor:middle}"
		".e{text-anchor:end}.b{font-weight:bold}.g{fill:#666}</style>\n"
		"<defs><pattern id=\"none\" width=\"6\" height=\"6\" "
		"patternUnits=\"userSpaceOnUse\">"
		"<path d=\"M0 6L6 0\" stroke=\"#aaa\"/></pattern>"
		"<pattern id=\"black\" width=\"8\" height=\"8\" "
		"patternUnits=\"userSpaceOnUse\">"
		"<path d=\"M0 0L8 8\" stroke=\"#000\" stroke-opacity=\".45\"/></pattern>"
		"<pattern id=\"white\" width=\"8\" height=\"8\" "
		"patternUnits=\"userSpaceOnUse\">"
		"<path d=\"M0 0L8 8\" stroke=\"#fff\" stroke-opacity=\".55\"/></pattern></defs>\n"
		"<rect width=\"%ld\" height=\"%ld\" fill=\"#fff\"/>\n",
		width, height, width, height, width, height);
}

void svg_end(FILE *to)
{
	fputs("</svg>\n", to);
}

static void put_bytes(FILE *to, const char *text, size_t count)
{
	const char *end = text + count;

	for (size_t n; text < end; text += n) {
		n = strcspn(text, "<>&");
		n = n < (size_t)(end - text) ? n : (size_t)(end - text);
		put_plain(to, text, n);
		if (text + n < end)
			fprintf(to, "&#%d;", text[n++]);
	}
}

static void put_escaped(FILE *to, const char *text)
{
	put_bytes(to, text, strlen(text));
}

void svg_text(FILE *to, long x, long y, const char *classes, const char *text)
{
	fprintf(to, "<text x=\"%ld\" y=\"%ld\" class=\"%s\">", x, y, classes);
	put_escaped(to, text);
	fputs("</text>\n", to);
}

void svg_slanted(FILE *to, long x, long y, const char *text)
{
	fprintf(to, "<text transform=\"translate(%ld %ld)rotate(-60)\">", x, y);
	put_escaped(to, text);
	fputs("</text>\n", to);
}

void svg_upright(FILE *to, long x, long y, const char *text)
{
	fprintf(to, "<text transform=\"translate(%ld %ld)rotate(-90)\" class=\"m g\">", x, y);
	put_escaped(to, text);
	fputs("</text>\n", to);
}

/* The width of a character, in hundredths of the font's size; those of DejaVu Sans, a wide font. */
static long character_width(const char *at, long columns)
{
	if (strchr("ijl.,:;'|!/()[]I -ftr", *at))
		return 38;
	if (strchr("mwMWQ%@<>=+~#&", *at))
		return 96;
	if (*at >= 'A' && *at <= 'Z')
		return 77;
	return columns > 1 ? 100 : columns * 65;
}

/* In 1/100 of a unit, with 12 units for the font's size. */
static long width_of(const char *at, size_t *bytes)
{
	long columns;

	*bytes = label_char(at, &columns);
	return 12 * character_width(at, columns);
}

long svg_text_width(const char *text)
{
	long width = 0;

	for (size_t bytes; *text; text += bytes)
		width += width_of(text, &bytes);
	return (width + 99) / 100;
}

/* The bytes of the next line: up to the last space that fits, or all that fits. */
static size_t line_bytes(const char *text, long width)
{
	size_t n = 0, space = 0, bytes;

	for (long used = 0; text[n]; n += bytes) {
		used += width_of(text + n, &bytes);
		if (text[n] == ' ')
			space = n;
		else if (used > 100 * width && n)
			return space ? space : n;
	}
	return n;
}

static long paragraph(FILE *to, long x, long y, long width, const char *classes, const char *text)
{
	long lines = 0;

	for (size_t n; *text; text += n, lines++) {
		n = line_bytes(text, width);
		if (to) {
			fprintf(to, "<text x=\"%ld\" y=\"%ld\" class=\"%s\">", x,
				y + lines * SVG_LINE, classes);
			put_bytes(to, text, n);
			fputs("</text>\n", to);
		}
		n += strspn(text + n, " ");
	}
	return lines;
}

long svg_paragraph(FILE *to, long x, long y, long width, const char *classes, const char *text)
{
	return paragraph(to, x, y, width, classes, text);
}

long svg_paragraph_lines(const char *text, long width)
{
	return paragraph(NULL, 0, 0, width, "", text);
}

/* All of a box, but for a strip in its middle where a number stands. */
static void put_hatch(FILE *to, struct box b, bool number, bool dark)
{
	long band = number ? (b.height - STRIP) / 2 : b.height;

	fprintf(to, "<path d=\"M%ld %ldh%ldv%ldh-%ldz", b.x, b.y, b.width, band, b.width);
	if (number)
		fprintf(to, "m0 %ldh%ldv%ldh-%ldz", b.height - band, b.width, band, b.width);
	fprintf(to, "\" fill=\"url(#%s)\"/>", dark ? "white" : "black");
}

void svg_cell(FILE *to, const struct scale *s, double x, struct box cell, bool numbers,
	const char *tooltip)
{
	struct colour c = colour_at(scale_place(s, x));
	bool dark = colour_is_dark(c);
	char number[32];

	scale_number(s, x, number);
	fprintf(to,
		"<g><rect x=\"%ld\" y=\"%ld\" width=\"%ld\" height=\"%ld\" "
		"fill=\"#%02x%02x%02x\"/><title>",
		cell.x, cell.y, cell.width, cell.height, c.red, c.green, c.blue);
	put_escaped(to, tooltip);
	fputs("</title>", to);
	if (*number == '-')
		put_hatch(to, cell, numbers, dark);
	if (numbers)
		fprintf(to, "<text x=\"%ld\" y=\"%ld\" class=\"n\" fill=\"%s\">%s</text>",
			cell.x + cell.width / 2, cell.y + cell.height / 2 + 4,
			dark ? "#fff" : "#000", number);
	fputs("</g>\n", to);
}

static void put_tick(FILE *to, long x, long y, const char *text)
{
	svg_text(to, x, y, "m", text);
}

static void put_number(FILE *to, const struct scale *s, long x, long y, double value)
{
	char text[32];

	scale_number(s, value, text);
	put_tick(to, x, y, text);
}

static void put_stripe(FILE *to, const struct scale *s, long x, long y, double part)
{
	double place = scale_place(s, scale_between(s, part));
	struct colour c = colour_at(place);
	struct box stripe = { x, y, SVG_SCALE_WIDTH / STRIPES, 12 };

	fprintf(to,
		"<rect x=\"%ld\" y=\"%ld\" width=\"%ld\" height=\"%ld\" fill=\"#%02x%02x%02x\"/>\n",
		x, y, stripe.width, stripe.height, c.red, c.green, c.blue);
	if (place < 0)
		put_hatch(to, stripe, false, colour_is_dark(c));
}

void svg_scale(FILE *to, const struct scale *s, long x, long y, const char *unit)
{
	double from = scale_between(s, 0), range = scale_between(s, 1) / 2 - from / 2;
	long zero = range > 0 ? (long)(-from / 2 / range * SVG_SCALE_WIDTH) : 0;
	char text[40];

	svg_text(to, x, y, "s", unit);
	y += 8;
	for (int i = 0; i < STRIPES; i++)
		put_stripe(
			to, s, x + (long)(SVG_SCALE_WIDTH / STRIPES) * i, y, i / (STRIPES - 1.0));
	y += 28;
	scale_end(s, false, text);
	put_tick(to, x, y, text);
	for (int i = 1; i < 4 && s->low >= 0; i++)
		put_number(to, s, x + SVG_SCALE_WIDTH * i / 4, y, scale_between(s, i / 4.0));
	scale_end(s, true, text);
	put_tick(to, x + SVG_SCALE_WIDTH, y, text);
	if (zero > CLEAR && SVG_SCALE_WIDTH - zero > CLEAR)
		put_number(to, s, x + zero, y, 0);
}
