/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "plot/heat_map.h"
#include "plot/svg.h"

/* Pixels: margins, and the cells of a small model (with their numbers) and of a large one; a letter
 * of the notes. */
enum { LEFT = 52, TOP = 82, GAP = 52, BOTTOM = 70, NARROW = 360, SMALL = 16, LETTER = 7 };

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

static void put_cell(FILE *to, const struct heat_map *m, const struct share *h, long x,
	struct size size, struct arena *a)
{
	struct box cell = { x + h->head * size.width, TOP + h->layer * size.height, size.width,
		size.height };
	const char *was = h->was == h->head ? "" : arena_printf(a, " (was H%ld)", h->was);
	const char *tooltip = arena_printf(a, "%s.L%ld%c%ld%s: %.6g", h->kind, h->layer,
		m->shares->unit > 1 ? 'G' : 'H', h->head, was, h->mean);

	if (h->spread)
		tooltip = arena_printf(
			a, "%s, 95 %% interval %.6g to %.6g", tooltip, h->low, h->high);
	svg_cell(to, &m->scale, h->mean, cell, size.numbers, tooltip);
	arena_reset(a);
}

static void put_count(FILE *to, long x, long y, const char *class, long number)
{
	char text[32];

	snprintf(text, sizeof text, "%ld", number);
	svg_text(to, x, y, class, text);
}

/* Numbers of the layers and heads; where cells are small, of every eighth. */
static void put_axes(FILE *to, const struct heat_panel *p, long x, struct size cell)
{
	long each = cell.numbers ? 1 : 8;

	svg_text(to, x, TOP - 26, "b", p->kind);
	for (long h = 0; h < p->heads; h += each)
		put_count(to, x + h * cell.width + cell.width / 2, TOP - 6, "m", h);
	for (long l = 0; l < p->layers; l += each)
		put_count(to, x - 6, TOP + l * cell.height + cell.height / 2 + 4, "e", l);
}

/* The ground of a panel, seen where heads were not measured. */
static void put_ground(FILE *to, const struct heat_panel *p, long x, struct size cell)
{
	fprintf(to,
		"<rect x=\"%ld\" y=\"%d\" width=\"%ld\" height=\"%ld\" fill=\"url(#none)\" "
		"stroke=\"#888\"/>\n",
		x, TOP, p->heads * cell.width, p->layers * cell.height);
}

/* The heads that are not there, where there is room to name them all. */
static const char *pruned_note(const struct head_shares *s, long width, struct arena *a)
{
	const char *note = arena_printf(
		a, "without %s; heads behind them had higher numbers before", s->pruned);

	if ((long)strlen(note) * LETTER <= width - LEFT)
		return note;
	return "heads were taken out; tooltips have the numbers before";
}

static void put_title(FILE *to, const struct head_shares *s, long width, struct arena *a)
{
	svg_text(to, LEFT, 24, "s", heat_map_title(s, a));
	if (s->pruned)
		svg_text(to, LEFT, 40, "g", pruned_note(s, width, a));
	svg_text(to, 8, TOP - 6, "g", "layer");
}

void heat_map_svg(FILE *to, const struct heat_map *m)
{
	struct size cell = cell_size(m);
	struct arena a = { 0 };
	long x = LEFT, width = LEFT, height = TOP + m->layers * cell.height + BOTTOM;

	for (int i = 0; i < m->count; i++)
		width += m->panels[i].heads * cell.width + GAP;
	svg_begin(to, width < NARROW ? NARROW : width, height);
	put_title(to, m->shares, width < NARROW ? NARROW : width, &a);
	for (int i = 0; i < m->count; i++) {
		const struct heat_panel *p = &m->panels[i];

		put_ground(to, p, x, cell);
		for (long k = p->from; k < p->to; k++)
			put_cell(to, m, &m->shares->at[k], x, cell, &a);
		put_axes(to, p, x, cell);
		x += p->heads * cell.width + GAP;
	}
	svg_scale(to, &m->scale, LEFT, height - BOTTOM + 24, "");
	svg_end(to);
	arena_free(&a);
}
