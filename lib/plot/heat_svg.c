/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "plot/colour.h"
#include "plot/heat_map.h"
#include "stream/text.h"

/* Pixels: margins, and the cells of a small model (with their numbers) and of a large one. */
enum { LEFT = 52, TOP = 82, GAP = 52, BOTTOM = 70, SMALL = 16 };

struct size {
	long width, height;
	bool numbers;
};

static struct size cell_size(const struct heat_map *m)
{
	if (m->heads <= SMALL && m->layers <= 2 * SMALL)
		return (struct size){ 46, 28, true };
	return (struct size){ 12, 12, false };
}

/* Text between tags; control characters and the characters XML has no place for become '?'. */
static void put_escaped(FILE *to, const char *text)
{
	for (size_t n, left = strlen(text); left; text += n, left -= n) {
		n = utf8_char(text, left);
		if (!n || (n == 1 && ((unsigned char)*text < 32 || *text == 127)) ||
			(n == 3 && !memcmp(text, "\xef\xbf", 2) && (unsigned char)text[2] > 0xbd)) {
			fputc('?', to);
			n = n ? n : 1;
		} else if (strchr("<>&", *text)) {
			fprintf(to, "&#%d;", *text);
		} else {
			fwrite(text, 1, n, to);
		}
	}
}

static void put_cell(
	FILE *to, const struct heat_map *m, const struct share *h, long x, long y, struct size cell)
{
	struct colour c = colour_at(heat_map_place(m, h->mean));
	char text[32];

	fprintf(to,
		"<g><rect x=\"%ld\" y=\"%ld\" width=\"%ld\" height=\"%ld\" "
		"fill=\"#%02x%02x%02x\"/><title>",
		x, y, cell.width, cell.height, c.red, c.green, c.blue);
	put_escaped(to, h->kind);
	fprintf(to, ".L%ldH%ld: %.6g", h->layer, h->head, h->mean);
	if (h->spread)
		fprintf(to, ", 95 %% interval %.6g to %.6g", h->low, h->high);
	fputs("</title>", to);
	heat_map_number(m, h->mean, text);
	if (cell.numbers)
		fprintf(to, "<text x=\"%ld\" y=\"%ld\" class=\"n\" fill=\"%s\">%s</text>",
			x + cell.width / 2, y + cell.height / 2 + 4,
			colour_is_dark(c) ? "#fff" : "#000", text);
	fputs("</g>\n", to);
}

/* Numbers of the layers and heads; where cells are small, of every eighth. */
static void put_axes(FILE *to, const struct heat_panel *p, long x, struct size cell)
{
	long each = cell.numbers ? 1 : 8;

	fprintf(to, "<text x=\"%ld\" y=\"%d\" class=\"b\">", x, TOP - 26);
	put_escaped(to, p->kind);
	fputs("</text>\n", to);
	for (long h = 0; h < p->heads; h += each)
		fprintf(to, "<text x=\"%ld\" y=\"%d\" class=\"m\">%ld</text>\n",
			x + h * cell.width + cell.width / 2, TOP - 6, h);
	for (long l = 0; l < p->layers; l += each)
		fprintf(to, "<text x=\"%ld\" y=\"%ld\" class=\"e\">%ld</text>\n", x - 6,
			TOP + l * cell.height + cell.height / 2 + 4, l);
}

/* The ground of a panel, seen where heads were not measured. */
static void put_ground(FILE *to, const struct heat_panel *p, long x, struct size cell)
{
	fprintf(to,
		"<rect x=\"%ld\" y=\"%d\" width=\"%ld\" height=\"%ld\" fill=\"url(#none)\" "
		"stroke=\"#888\"/>\n",
		x, TOP, p->heads * cell.width, p->layers * cell.height);
}

static void put_scale(FILE *to, const struct heat_map *m, long y)
{
	for (int i = 0; i < 64; i++) {
		struct colour c = colour_at(i / 63.0);

		fprintf(to,
			"<rect x=\"%d\" y=\"%ld\" width=\"4\" height=\"12\" "
			"fill=\"#%02x%02x%02x\"/>\n",
			LEFT + 4 * i, y, c.red, c.green, c.blue);
	}
	for (int i = 0; i <= 4; i++) {
		char text[32];

		heat_map_number(m, m->low + (m->high / 4 - m->low / 4) * i, text);
		fprintf(to, "<text x=\"%d\" y=\"%ld\" class=\"m\">%s</text>\n", LEFT + 64 * i,
			y + 28, text);
	}
}

static void put_head(FILE *to, const struct heat_map *m, long width, long height)
{
	const struct shares *s = m->shares;

	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%ld\" height=\"%ld\" "
		"viewBox=\"0 0 %ld %ld\" font-family=\"sans-serif\" font-size=\"12\">\n"
		"<style>.n{font-size:11px;text-anchor:middle}.m{text-anchor:middle}"
		".e{text-anchor:end}.b{font-weight:bold}</style>\n"
		"<defs><pattern id=\"none\" width=\"6\" height=\"6\" "
		"patternUnits=\"userSpaceOnUse\">"
		"<path d=\"M0 6L6 0\" stroke=\"#aaa\"/></pattern></defs>\n"
		"<rect width=\"%ld\" height=\"%ld\" fill=\"#fff\"/>\n<text x=\"%d\" y=\"24\">",
		width, height, width, height, width, height, LEFT);
	if (s->model) {
		put_escaped(to, s->model);
		fputs(", ", to);
	}
	fprintf(to, "mean over %ld steps of %ld sentences", s->steps, s->sentences);
	fprintf(to, "</text>\n<text x=\"8\" y=\"%d\" fill=\"#666\">layer</text>\n", TOP - 6);
}

void heat_map_svg(FILE *to, const struct heat_map *m)
{
	struct size cell = cell_size(m);
	long x = LEFT, width = LEFT, height = TOP + m->layers * cell.height + BOTTOM;

	for (int i = 0; i < m->count; i++)
		width += m->panels[i].heads * cell.width + GAP;
	put_head(to, m, width < 360 ? 360 : width, height);
	for (int i = 0; i < m->count; i++) {
		const struct heat_panel *p = &m->panels[i];

		put_ground(to, p, x, cell);
		for (long k = p->from; k < p->to; k++) {
			const struct share *h = &m->shares->at[k];

			put_cell(to, m, h, x + h->head * cell.width, TOP + h->layer * cell.height,
				cell);
		}
		put_axes(to, p, x, cell);
		x += p->heads * cell.width + GAP;
	}
	put_scale(to, m, height - BOTTOM + 24);
	fputs("</svg>\n", to);
}
