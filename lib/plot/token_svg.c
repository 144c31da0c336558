/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "plot/label.h"
#include "plot/svg.h"
#include "plot/token_map.h"

/*
 * A sentence: blocks of columns, the sums among them, in lines that are as wide as a page.
 *
 *     source    / / / / /     target    / / / / /    sums  / / /
 *     piece  [] [] [] [] []   piece  [] .            1.0 2.0 3.0
 *     piece  [] [] [] [] []   piece  [] []           1.0 2.0 3.0
 *
 * Names of columns rise to the right by 60 degrees. In units of the SVG; the width of a name is estimated.
 */
enum { MARGIN = 20, TITLE = 28, GAP = 28, FOOT = 24, MOST = 24, NUMBERS = 40, PAGE = 1200 };

struct svg_page {
	FILE *to;
	const struct token_map *map;
	const struct token_sentence *s;
	long room;	    /* the page's width, if its blocks need no more */
	bool stack;	    /* a block in each line */
	long width, height; /* of a cell */
	bool numbers;
	long sum_width;
	long left, top;	  /* for names of rows and columns */
	long first, last; /* rows of the line that is drawn: first to last - 1 */
	struct arena *arena;
};

/* Columns from .. to-1 of a site; no site: the sums. */
struct token_block {
	const struct token_site *site;
	long from, to;
	long first; /* row with a cell in it */
};

static long larger(long a, long b)
{
	return a > b ? a : b;
}

static long smaller(long a, long b)
{
	return a < b ? a : b;
}

static long number_width(const struct scale *s)
{
	return 7 * scale_width(s) + 6;
}

/* What depends on the sentence: the room for names. A slanted name of width w is 0.87 w high. */
static void measure(struct svg_page *p)
{
	long row = svg_text_width("predicted"), column = 0;

	for (long t = 0; t < p->s->steps; t++)
		row = larger(row, svg_text_width(token_row_name(p->s, t, MOST, p->arena)));
	for (int i = 0; i < p->s->count; i++) {
		const struct token_site *site = &p->s->sites[i];

		column = larger(column, svg_text_width(label_cut(p->arena, site->label, MOST)));
		for (long c = 0; site->panel && c < site->positions; c++)
			column = larger(
				column, svg_text_width(token_column_name(site, c, MOST, p->arena)));
	}
	p->left = row + 8;
	p->top = column * 87 / 100 + 36;
}

/* The end of a block's last slanted name. */
static long overhang(const struct svg_page *p)
{
	return p->top * 58 / 100;
}

static long first_row(const struct svg_page *p, const struct token_site *site, long column)
{
	long row = 0;

	while (row < p->s->steps - 1 && token_site_end(p->s, site, row) <= column)
		row++;
	return row;
}

/* Each panel's columns in as few blocks as fit the page, alike in width; then the sums. */
static long list_blocks(const struct svg_page *p, struct token_block **blocks)
{
	long fit = (p->room - 2L * MARGIN - p->left - overhang(p)) / p->width, count = 1, n = 0;

	fit = larger(fit, 1);
	for (int i = 0; i < p->s->count; i++)
		count += p->s->sites[i].positions / fit + 1;
	*blocks = arena_array(p->arena, (size_t)count, sizeof **blocks);
	for (int i = 0; i < p->s->count; i++) {
		const struct token_site *site = &p->s->sites[i];
		long parts = (site->positions + fit - 1) / fit;
		long size = (site->positions + parts - 1) / parts;

		for (long c = 0; site->panel && c < site->positions; c += size)
			(*blocks)[n++] = (struct token_block){ site, c,
				smaller(c + size, site->positions), first_row(p, site, c) };
	}
	(*blocks)[n++] = (struct token_block){ .to = p->s->count + p->s->loses };
	return n;
}

/* Of the sums rows have names where they are the first in a line. */
static long block_left(const struct svg_page *p, const struct token_block *b, bool first)
{
	return b->site || first ? p->left : 0;
}

static long block_width(const struct svg_page *p, const struct token_block *b, bool first)
{
	return block_left(p, b, first) + (b->to - b->from) * (b->site ? p->width : p->sum_width);
}

/* "step 3 a", without a piece "step 3". */
static const char *numbered(struct arena *a, const char *what, long number, const char *piece)
{
	return arena_printf(a, "%s %ld%s%s", what, number, piece ? " " : "", piece ? piece : "");
}

/* Behind the last column of a block that has a cell in this row. */
static long row_end(const struct svg_page *p, const struct token_block *b, long row)
{
	return larger(b->from, smaller(b->to, token_site_end(p->s, b->site, row)));
}

static void put_cells(
	const struct svg_page *p, const struct token_block *b, long x, long y, long row)
{
	const struct token_site *site = b->site;
	struct box cell = { x, y, p->width, p->height };

	for (long c = b->from; c < row_end(p, b, row); c++, cell.x += p->width) {
		double share = site->share[row * site->positions + c];
		const char *piece = site->pieces ? site->pieces[c] : NULL;
		const char *tooltip = arena_printf(p->arena, "%s from %s: %.6g %%",
			numbered(p->arena, "step", p->s->row[row].step, p->s->predicted[row]),
			numbered(p->arena, site->label, c, piece), share);

		svg_cell(p->to, &p->map->scale, share, cell, p->numbers, tooltip);
	}
}

/* The outline of the cells that exist: of a panel where steps see what was before them, stairs. */
static void put_outline(const struct svg_page *p, const struct token_block *b, long x, long y)
{
	fprintf(p->to, "<path d=\"M%ld %ld", x, y + (b->first - p->first) * p->height);
	for (long t = b->first; t < p->last; t++)
		fprintf(p->to, "H%ldv%ld", x + (row_end(p, b, t) - b->from) * p->width, p->height);
	fprintf(p->to, "H%ldZ\" fill=\"none\" stroke=\"#888\"/>\n", x);
}

/* Behind its first block a panel goes on. */
static const char *block_name(const struct svg_page *p, const struct token_block *b)
{
	const char *name = label_cut(p->arena, b->site->label, MOST);

	if (p->map->count > 1)
		name = arena_printf(p->arena, "%s, sentence %ld", name, p->s->number);
	return b->from ? arena_printf(p->arena, "%s, from token %ld on", name, b->from) : name;
}

static void put_row_names(const struct svg_page *p, long x, long y)
{
	svg_text(p->to, x - 6, y - 6, "e g", "predicted");
	for (long t = p->first; t < p->last; t++)
		svg_text(p->to, x - 6, y + (t - p->first) * p->height + p->height / 2 + 4, "e",
			token_row_name(p->s, t, MOST, p->arena));
}

static void put_panel(const struct svg_page *p, const struct token_block *b, long x, long y)
{
	svg_text(p->to, x, y - p->top + 14, "b", block_name(p, b));
	for (long c = b->from; c < b->to; c++)
		svg_slanted(p->to, x + (c - b->from) * p->width + p->width / 2 + 4, y - 6,
			token_column_name(b->site, c, MOST, p->arena));
	put_row_names(p, x, y);
	for (long t = b->first; t < p->last; t++)
		put_cells(p, b, x, y + (t - p->first) * p->height, t);
	put_outline(p, b, x, y);
}

/* A column of numbers without colours: sums are much larger than a token's share. */
static void put_sum(
	const struct svg_page *p, const char *title, const struct token_site *site, long x, long y)
{
	svg_slanted(p->to, x + p->sum_width / 2 + 4, y - 6, label_cut(p->arena, title, MOST));
	for (long t = p->first; t < p->last; t++) {
		char text[32];

		scale_number(
			&p->map->sums, site ? token_site_sum(site, t) : p->s->sites->lost[t], text);
		svg_text(p->to, x + p->sum_width - 6,
			y + (t - p->first) * p->height + p->height / 2 + 4, "e", text);
	}
}

static void put_sums(const struct svg_page *p, long x, long y)
{
	svg_text(p->to, x, y - p->top + 14, "b", "sums");
	for (int i = 0; i < p->s->count; i++, x += p->sum_width)
		put_sum(p, p->s->sites[i].label, &p->s->sites[i], x, y);
	if (p->s->loses)
		put_sum(p, "lost", NULL, x, y);
}

/* The blocks that a line has room for, from the first on; and where they end. */
static long line_blocks(
	const struct svg_page *p, const struct token_block *b, long count, long *right)
{
	long n = 0, x = MARGIN;

	do {
		*right = x + block_width(p, b + n, n == 0) + overhang(p) + MARGIN;
		x += block_width(p, b + n, n == 0) + GAP;
		n++;
	} while (n < count && !p->stack &&
		 x + block_width(p, b + n, false) + overhang(p) + MARGIN <= p->room);
	return n;
}

static void put_line(struct svg_page *p, const struct token_block *b, long count, long y)
{
	long x = MARGIN;

	for (long i = 0; i < count; i++) {
		long left = block_left(p, b + i, i == 0);

		if (b[i].site)
			put_panel(p, b + i, x + left, y);
		else
			put_sums(p, x + left, y);
		if (!b[i].site && left)
			put_row_names(p, x + left, y);
		x += block_width(p, b + i, i == 0) + GAP;
	}
}

/* Lay out a sentence from y on, or draw it; gives where it ends. */
static long put_sentence(struct svg_page *p, long y, bool draw, long *width)
{
	struct token_block *b;
	long count, right;

	measure(p);
	count = list_blocks(p, &b);
	p->last = p->s->steps;
	for (long i = 0, n; i < count; i += n) {
		n = line_blocks(p, b + i, count - i, &right);
		*width = larger(*width, right);
		p->first = b[i].first;
		for (long k = i; k < i + n; k++)
			p->first = smaller(p->first, b[k].first);
		if (draw)
			put_line(p, b + i, n, y + p->top);
		y += p->top + (p->last - p->first) * p->height + FOOT;
	}
	return y;
}

static long put_sentences(struct svg_page *p, long y, bool draw, long *width)
{
	for (long i = 0; i < p->map->count; i++) {
		p->s = &p->map->at[i];
		y = put_sentence(p, y, draw, width);
		arena_reset(p->arena);
	}
	return y;
}

static const char *title(const struct token_map *m, const struct picture *p, struct arena *a)
{
	const char *text =
		arena_printf(a, "%s%s%s%s%sfrom which tokens each predicted token (a row) is made",
			m->model ? m->model : "", m->model ? ", " : "", m->rule ? "rule " : "",
			m->rule ? m->rule : "", m->rule ? ": " : "");

	return label_cut(a, p->title ? p->title : text, 4096);
}

void token_map_svg(FILE *to, const struct token_map *m, const struct picture *q)
{
	struct arena a = { 0 }, names = { 0 };
	bool numbers = m->positions <= NUMBERS && !q->no_numbers;
	struct svg_page p = { .to = to,
		.map = m,
		.room = q->width ? q->width : PAGE,
		.stack = q->stack,
		.width = numbers ? larger(34, number_width(&m->scale)) : 14,
		.height = numbers ? 24 : 14,
		.numbers = numbers,
		.sum_width = larger(40, number_width(&m->sums) + 6),
		.arena = &a };
	const char *head = title(m, q, &names), *legend = token_map_legend(m, &names);
	long width = 3L * MARGIN + larger(SVG_SCALE_WIDTH + MARGIN, svg_text_width(legend));
	long end = put_sentences(&p, 0, false, &width), room = width - 2L * MARGIN;
	long y = TITLE + SVG_LINE * svg_paragraph_lines(head, room);

	svg_begin(to, width, y + end + SVG_SCALE_HEIGHT + MARGIN);
	svg_paragraph(to, MARGIN, TITLE, room, "s", head);
	y = put_sentences(&p, y, true, &width);
	svg_scale(to, &m->scale, 2L * MARGIN, y + 12, legend);
	svg_end(to);
	arena_free(&a);
	arena_free(&names);
}
