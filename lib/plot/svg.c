/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/svg.h"

#include <string.h>

#include "base/utf8.h"
#include "plot/colour.h"
#include "record/text.h"

enum { STRIPES = 64, CLEAR = 56 /* between two numbers of a scale */ };

void svg_begin(FILE *to, long width, long height)
{
	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%ld\" height=\"%ld\" "
		"viewBox=\"0 0 %ld %ld\" font-family=\"sans-serif\" font-size=\"12\">\n"
		"<style>.n{font-size:11px;text-anchor:middle}.m{text-anchor:middle}"
		".e{text-anchor:end}.b{font-weight:bold}.g{fill:#666}</style>\n"
		"<defs><pattern id=\"none\" width=\"6\" height=\"6\" "
		"patternUnits=\"userSpaceOnUse\">"
		"<path d=\"M0 6L6 0\" stroke=\"#aaa\"/></pattern></defs>\n"
		"<rect width=\"%ld\" height=\"%ld\" fill=\"#fff\"/>\n",
		width, height, width, height, width, height);
}

void svg_end(FILE *to)
{
	fputs("</svg>\n", to);
}

static void put_escaped(FILE *to, const char *text)
{
	for (size_t n; *text; text += n) {
		n = strcspn(text, "<>&");
		put_plain(to, text, n);
		if (text[n])
			fprintf(to, "&#%d;", text[n++]);
	}
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

/* The number of a cell, or a bar in the middle of one that is negative. */
static void put_number(FILE *to, const char *number, struct box cell, bool numbers, bool dark)
{
	const char *ink = dark ? "#fff" : "#000";
	long middle = cell.y + cell.height / 2;

	if (numbers)
		fprintf(to, "<text x=\"%ld\" y=\"%ld\" class=\"n\" fill=\"%s\">%s</text>",
			cell.x + cell.width / 2, middle + 4, ink, number);
	else if (*number == '-')
		fprintf(to, "<path d=\"M%ld %ldh%ld\" stroke=\"%s\" stroke-width=\"2\"/>",
			cell.x + 3, middle, cell.width - 6, ink);
}

void svg_cell(FILE *to, const struct scale *s, double x, struct box cell, bool numbers,
	const char *tooltip)
{
	struct colour c = colour_at(scale_place(s, x));
	char number[32];

	scale_number(s, x, number);
	fprintf(to,
		"<g><rect x=\"%ld\" y=\"%ld\" width=\"%ld\" height=\"%ld\" "
		"fill=\"#%02x%02x%02x\"/><title>",
		cell.x, cell.y, cell.width, cell.height, c.red, c.green, c.blue);
	put_escaped(to, tooltip);
	fputs("</title>", to);
	put_number(to, number, cell, numbers, colour_is_dark(c));
	fputs("</g>\n", to);
}

static void put_tick(FILE *to, const struct scale *s, long x, long y, double value)
{
	char text[32];

	scale_number(s, value, text);
	svg_text(to, x, y, "m", text);
}

void svg_scale(FILE *to, const struct scale *s, long x, long y, const char *unit)
{
	double range = s->high / 2 - s->low / 2;
	long zero = range > 0 ? (long)(-s->low / 2 / range * SVG_SCALE_WIDTH) : 0;

	for (int i = 0; i < STRIPES; i++) {
		struct colour c = colour_at(scale_place(s, scale_between(s, i / (STRIPES - 1.0))));

		fprintf(to,
			"<rect x=\"%ld\" y=\"%ld\" width=\"%d\" height=\"12\" "
			"fill=\"#%02x%02x%02x\"/>\n",
			x + SVG_SCALE_WIDTH / STRIPES * i, y, SVG_SCALE_WIDTH / STRIPES, c.red,
			c.green, c.blue);
	}
	for (int i = 0; i <= 4; i += s->low < 0 ? 4 : 1)
		put_tick(to, s, x + SVG_SCALE_WIDTH * i / 4, y + 28, scale_between(s, i / 4.0));
	if (zero > CLEAR && SVG_SCALE_WIDTH - zero > CLEAR)
		put_tick(to, s, x + zero, y + 28, 0);
	if (*unit)
		svg_text(to, x + SVG_SCALE_WIDTH + 32, y + 11, "g", unit);
}
