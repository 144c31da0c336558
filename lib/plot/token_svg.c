/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/label.h"
#include "plot/svg.h"
#include "plot/token_map.h"

/*
 * A sentence, its panels beside each other, then the sums:
 *
 *     source    / / / / /     target    / / / / /    sums  / / /
 *     piece  [] [] [] [] []   piece  [] .            1.0 2.0 3.0
 *     piece  [] [] [] [] []   piece  [] []           1.0 2.0 3.0
 *
 * Names of columns rise to the right by 60 degrees. In pixels; the width of a name is estimated.
 */
enum { MARGIN = 20, TITLE = 44, GAP = 28, FOOT = 24, LETTER = 7, MOST = 24, NUMBERS = 40 };

struct svg_page {
	FILE *to;
	const struct token_map *map;
	const struct token_sentence *s;
	long width, height; /* of a cell */
	bool numbers;
	long sum_width;
	long left, top; /* pixels for names of rows and columns */
	struct arena *arena;
};

static long larger(long a, long b)
{
	return a > b ? a : b;
}

static long name_width(const char *name)
{
	return LETTER * label_width(name);
}

static long number_width(const struct scale *s)
{
	return 7 * scale_width(s) + 12;
}

/* What depends on the sentence: the room for names. A slanted name of width w is 0.87 w high. */
static void measure(struct svg_page *p)
{
	long row = 0, column = 0;

	for (long t = 0; t < p->s->steps; t++)
		row = larger(row, name_width(token_row_name(p->s, t, MOST, p->arena)));
	for (int i = 0; i < p->s->count; i++) {
		const struct token_site *site = &p->s->sites[i];

		column = larger(column, name_width(label_cut(p->arena, site->label, MOST)));
		for (long c = 0; site->panel && c < site->positions; c++)
			column = larger(
				column, name_width(token_column_name(site, c, MOST, p->arena)));
	}
	p->left = row + 8;
	p->top = column * 87 / 100 + 36;
}

/* The end of a panel's last slanted name. */
static long overhang(const struct svg_page *p)
{
	return p->top * 58 / 100;
}

static long sums(const struct token_sentence *s)
{
	return s->count + s->loses;
}

static long page_width(const struct svg_page *p)
{
	long width = MARGIN;

	for (int i = 0; i < p->s->count; i++)
		if (p->s->sites[i].panel)
			width += p->left + p->s->sites[i].positions * p->width + GAP;
	return width + sums(p->s) * p->sum_width + overhang(p) + MARGIN;
}

static long page_height(const struct svg_page *p)
{
	return p->top + p->s->steps * p->height + FOOT;
}

/* "step 3 a", without a piece "step 3". */
static const char *numbered(struct arena *a, const char *what, long number, const char *piece)
{
	return arena_printf(a, "%s %ld%s%s", what, number, piece ? " " : "", piece ? piece : "");
}

static void put_cells(
	const struct svg_page *p, const struct token_site *site, long x, long y, long row)
{
	struct box cell = { x, y, p->width, p->height };

	for (long c = 0; c < token_site_end(p->s, site, row); c++, cell.x += p->width) {
		double share = site->share[row * site->positions + c];
		const char *piece = site->pieces ? site->pieces[c] : NULL;
		const char *tooltip = arena_printf(p->arena, "%s from %s: %.6g %%",
			numbered(p->arena, "step", p->s->row[row].step, p->s->predicted[row]),
			numbered(p->arena, site->label, c, piece), share);

		svg_cell(p->to, &p->map->scale, share, cell, p->numbers, tooltip);
		arena_reset(p->arena);
	}
}

/* The outline of the cells that exist: of a panel where steps see what was before them, stairs. */
static void put_outline(const struct svg_page *p, const struct token_site *site, long x, long y)
{
	fprintf(p->to, "<path d=\"M%ld %ld", x, y);
	for (long t = 0; t < p->s->steps; t++)
		fprintf(p->to, "H%ldv%ld", x + token_site_end(p->s, site, t) * p->width, p->height);
	fprintf(p->to, "H%ldZ\" fill=\"none\" stroke=\"#888\"/>\n", x);
}

static const char *panel_name(const struct svg_page *p, const struct token_site *site)
{
	const char *name = label_cut(p->arena, site->label, MOST);

	return p->map->count == 1 ? name
				  : arena_printf(p->arena, "%s, sentence %ld", name, p->s->number);
}

static void put_panel(const struct svg_page *p, const struct token_site *site, long x, long y)
{
	long middle = p->height / 2 + 4;

	svg_text(p->to, x, y - p->top + 14, "b", panel_name(p, site));
	for (long c = 0; c < site->positions; c++)
		svg_slanted(p->to, x + c * p->width + p->width / 2 + 4, y - 6,
			token_column_name(site, c, MOST, p->arena));
	for (long t = 0; t < p->s->steps; t++) {
		svg_text(p->to, x - 6, y + t * p->height + middle, "e",
			token_row_name(p->s, t, MOST, p->arena));
		put_cells(p, site, x, y + t * p->height, t);
	}
	put_outline(p, site, x, y);
}

/* A column of numbers without colours: sums are much larger than a token's share. */
static void put_sums(
	const struct svg_page *p, const char *title, const struct token_site *site, long x, long y)
{
	svg_slanted(p->to, x + p->sum_width / 2 + 4, y - 6, label_cut(p->arena, title, MOST));
	for (long t = 0; t < p->s->steps; t++) {
		char text[32];

		scale_number(
			&p->map->sums, site ? token_site_sum(site, t) : p->s->sites->lost[t], text);
		svg_text(p->to, x + p->sum_width - 6, y + t * p->height + p->height / 2 + 4, "e",
			text);
	}
}

static void put_sentence(const struct svg_page *p, long y)
{
	long x = MARGIN;

	y += p->top;
	for (int i = 0; i < p->s->count; i++) {
		const struct token_site *site = &p->s->sites[i];

		if (!site->panel)
			continue;
		x += p->left;
		put_panel(p, site, x, y);
		x += site->positions * p->width + GAP;
	}
	svg_text(p->to, x, y - p->top + 14, "b", "sums");
	for (int i = 0; i < p->s->count; i++, x += p->sum_width)
		put_sums(p, p->s->sites[i].label, &p->s->sites[i], x, y);
	if (p->s->loses)
		put_sums(p, "lost", NULL, x, y);
}

static const char *title(const struct token_map *m, struct arena *a)
{
	return arena_printf(a, "%s%s%s%s%sfrom which tokens each predicted token (a row) is made",
		m->model ? m->model : "", m->model ? ", " : "", m->rule ? "rule " : "",
		m->rule ? m->rule : "", m->rule ? ": " : "");
}

void token_map_svg(FILE *to, const struct token_map *m)
{
	struct arena a = { 0 };
	struct svg_page p = { .to = to, .map = m, .arena = &a, .numbers = m->positions <= NUMBERS };
	const char *unit = "percent of the row";
	long width = SVG_SCALE_WIDTH + 4 * MARGIN + name_width(unit),
	     height = TITLE + SVG_SCALE_HEIGHT + MARGIN;

	p.width = p.numbers ? larger(34, number_width(&m->scale)) : 14;
	p.height = p.numbers ? 24 : 14;
	p.sum_width = larger(40, number_width(&m->sums));
	for (long i = 0; i < m->count; i++) {
		p.s = &m->at[i];
		measure(&p);
		width = larger(width, page_width(&p));
		height += page_height(&p);
	}
	width = larger(width, 2 * MARGIN + name_width(title(m, &a)));
	svg_begin(to, width, height);
	svg_text(to, MARGIN, 24, "s", title(m, &a));
	height = TITLE;
	for (long i = 0; i < m->count; i++) {
		p.s = &m->at[i];
		measure(&p);
		put_sentence(&p, height);
		height += page_height(&p);
		arena_reset(&a);
	}
	svg_scale(to, &m->scale, 2 * MARGIN, height, unit);
	svg_end(to);
	arena_free(&a);
}
