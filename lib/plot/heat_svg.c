/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "plot/heat_map.h"
#include "plot/svg.h"

/*
 * A panel, with its names; the others are beside it, or below:
 *
 *         enc-self
 *             head
 *          0  1  2
 *    l  0 [] [] []
 *    y  1 [] [] []
 */
enum { LEFT = 56, RIGHT = 24, TOP = 28, HEADER = 46, FOOT = 28, NOTE_LINES = 3 };
enum { HEADS = 16, LAYERS = 32 }; /* the most of a picture that has numbers in its cells */

struct heat_page {
	FILE *to;
	const struct heat_map *map;
	long cell_width, cell_height;
	bool numbers;
	long each; /* of so many layers and heads one has its number written */
	long width;
	bool stack;
	struct arena *arena;
};

static long larger(long a, long b)
{
	return a > b ? a : b;
}

static void choose_cells(struct heat_page *g, const struct picture *p)
{
	bool small = g->map->heads <= HEADS && g->map->rows <= LAYERS;

	g->numbers = small && !p->no_numbers;
	g->each = small ? 1 : 8;
	g->cell_width = g->numbers ? larger(46, 7 * scale_width(&g->map->scale) + 8)
			: small	   ? 24
				   : 12;
	g->cell_height = g->numbers ? 28 : g->cell_width;
}

static long panel_width(const struct heat_page *g, const struct heat_panel *p)
{
	return LEFT + larger(p->heads * g->cell_width, svg_text_width(p->kind));
}

/* Panels are below each other too where they are wider together than what was asked for. */
static void choose_width(struct heat_page *g, const struct picture *p)
{
	long all = RIGHT, widest = 0;

	for (int i = 0; i < g->map->count; i++) {
		long width = panel_width(g, &g->map->panels[i]);

		all += width;
		widest = larger(widest, width);
	}
	g->stack = p->stack || (p->width && all > p->width);
	g->width = larger(g->stack ? widest + RIGHT : all, LEFT + SVG_SCALE_WIDTH + 2 * RIGHT);
	g->width = larger(g->width, LEFT + svg_text_width(g->map->legend) + RIGHT);
}

static void put_cell(const struct heat_page *g, const struct share *h, struct box cell)
{
	struct arena *a = g->arena;
	const char *was = h->was == h->head ? "" : arena_printf(a, " (was H%ld)", h->was);
	const char *tooltip = arena_printf(a, "%s.L%ld%c%ld%s: %.6g", h->kind, h->layer,
		g->map->shares->unit > 1 ? 'G' : 'H', h->head, was, h->mean);

	if (h->spread)
		tooltip = arena_printf(
			a, "%s, 95 %% interval %.6g to %.6g", tooltip, h->low, h->high);
	svg_cell(g->to, &g->map->scale, h->mean, cell, g->numbers, tooltip);
}

static void put_count(const struct heat_page *g, long x, long y, const char *class, long number)
{
	svg_text(g->to, x, y, class, arena_printf(g->arena, "%ld", number));
}

/* Names of the panel, of its axes, of layers and heads; x and y are those of its first cell. */
static void put_names(const struct heat_page *g, const struct heat_panel *p, long x, long y)
{
	svg_text(g->to, x, y - 34, "b", p->kind);
	svg_text(g->to, x + p->heads * g->cell_width / 2, y - 20, "m g",
		g->map->shares->unit > 1 ? "group" : "head");
	svg_upright(g->to, x - 34, y + p->rows * g->cell_height / 2, "layer");
	for (long h = 0; h < p->heads; h += g->each)
		put_count(g, x + h * g->cell_width + g->cell_width / 2, y - 6, "m", h);
	for (long row = 0; row < p->rows; row++)
		if (row == 0 || p->layer[row] % g->each == 0)
			put_count(g, x - 6, y + row * g->cell_height + g->cell_height / 2 + 4, "e",
				p->layer[row]);
}

/* The ground of a panel is seen where heads were not measured. */
static void put_panel(const struct heat_page *g, const struct heat_panel *p, long x, long y)
{
	fprintf(g->to,
		"<rect x=\"%ld\" y=\"%ld\" width=\"%ld\" height=\"%ld\" fill=\"url(#none)\" "
		"stroke=\"#888\"/>\n",
		x, y, p->heads * g->cell_width, p->rows * g->cell_height);
	for (long i = 0; i < p->rows * p->heads; i++)
		if (p->cell[i])
			put_cell(g, p->cell[i],
				(struct box){ x + i % p->heads * g->cell_width,
					y + i / p->heads * g->cell_height, g->cell_width,
					g->cell_height });
	put_names(g, p, x, y);
	arena_reset(g->arena);
}

/* The heads that are not there, where there is room to name them all. */
static const char *pruned_note(const struct heat_page *g, long width)
{
	const char *pruned = g->map->shares->pruned;
	const char *note =
		pruned ? arena_printf(g->arena,
				 "without %s; heads behind them had higher numbers before", pruned)
		       : "";

	return svg_paragraph_lines(note, width) <= NOTE_LINES
		       ? note
		       : "heads were taken out; tooltips have the numbers before";
}

void heat_map_svg(FILE *to, const struct heat_map *m, const struct picture *p)
{
	struct arena a = { 0 };
	struct heat_page g = { .to = to, .map = m, .arena = &a };
	long x = LEFT, y, height;

	choose_cells(&g, p);
	choose_width(&g, p);

	long room = g.width - LEFT - RIGHT;
	const char *note = pruned_note(&g, room);
	long lines = svg_paragraph_lines(m->title, room);

	y = TOP + SVG_LINE * (lines + svg_paragraph_lines(note, room)) + HEADER;
	height = y + FOOT + SVG_SCALE_HEIGHT + RIGHT;
	if (g.stack) {
		for (int i = 0; i < m->count; i++)
			height += m->panels[i].rows * g.cell_height;
		height += (long)(m->count - 1) * (HEADER + RIGHT);
	} else {
		height += m->rows * g.cell_height;
	}
	svg_begin(to, g.width, height);
	svg_paragraph(to, LEFT, TOP, room, "s", m->title);
	svg_paragraph(to, LEFT, TOP + SVG_LINE * lines, room, "g", note);
	for (int i = 0; i < m->count; i++) {
		put_panel(&g, &m->panels[i], x, y);
		if (g.stack)
			y += m->panels[i].rows * g.cell_height + HEADER + RIGHT;
		else
			x += panel_width(&g, &m->panels[i]);
	}
	svg_scale(to, &m->scale, LEFT, height - SVG_SCALE_HEIGHT - RIGHT + 12, m->legend);
	svg_end(to);
	arena_free(&a);
}
