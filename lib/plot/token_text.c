/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "plot/label.h"
#include "plot/shade.h"
#include "plot/token_map.h"
#include "record/text.h"

/* Cells of panels with more positions than these have no room for their numbers. */
enum { NUMBERS = 16, CELL = 8, MOST = 20 };

/* How one sentence is drawn. */
struct text_page {
	FILE *to;
	const struct token_map *map;
	const struct token_sentence *s;
	const struct picture *picture;
	long row_width; /* of the names of rows */
	struct arena *arena;
};

static long larger(long a, long b)
{
	return a > b ? a : b;
}

static void put_left(FILE *to, const char *label, long width)
{
	fprintf(to, "%s%*s", label, (int)larger(width - label_width(label), 0), "");
}

static void put_right(FILE *to, const char *label, long width)
{
	fprintf(to, "%*s%s", (int)larger(width - label_width(label), 0), "", label);
}

static void put_row_name(const struct text_page *p, long row)
{
	put_left(p->to, token_row_name(p->s, row, MOST, p->arena), p->row_width);
}

/* The first column behind `from` that the window has no room for, behind the names of rows. */
static long block_end(const struct text_page *p, const long *width, long from, long count)
{
	long used = p->row_width + width[from], to = from + 1;

	while (to < count && (!p->picture->width || used + width[to] <= p->picture->width))
		used += width[to++];
	return to;
}

/* From the first row on that has a cell there, a line for each with the cells of these columns. */
static void put_rows(const struct text_page *p, const struct token_site *site, const long *width,
	long from, long to, const char *gap)
{
	for (long t = 0; t < p->s->steps; t++) {
		long end = token_site_end(p->s, site, t);

		if (end <= from)
			continue;
		put_row_name(p, t);
		fputs(gap, p->to);
		for (long c = from; c < to && c < end; c++)
			shade_cell(p->to, &p->map->scale, site->share[t * site->positions + c],
				(int)width[c], p->picture->colours);
		fputc('\n', p->to);
	}
}

/* Cells with numbers, as wide as the piece above them. */
static void put_numbers(const struct text_page *p, const struct token_site *site)
{
	long width[NUMBERS], least = larger(CELL, scale_width(&p->map->scale) + 3);
	const char *name[NUMBERS];

	for (long c = 0; c < site->positions; c++) {
		name[c] = token_column_name(site, c, MOST, p->arena);
		width[c] = larger(least, label_width(name[c]) + 2);
	}
	for (long from = 0, to; from < site->positions; from = to) {
		to = block_end(p, width, from, site->positions);
		if (from)
			fputc('\n', p->to);
		put_left(p->to, "", p->row_width);
		for (long c = from; c < to; c++)
			put_right(p->to, name[c], width[c]);
		fputc('\n', p->to);
		put_rows(p, site, width, from, to, "");
	}
}

/* Names of columns from top to bottom, a character of each in a line, all ending in the last one.
 */
static void put_upright(
	const struct text_page *p, const struct token_site *site, long from, long to)
{
	const char **rest = arena_array(p->arena, (size_t)(to - from), sizeof *rest);
	long *height = arena_zero(p->arena, (size_t)(to - from), sizeof *height);
	long highest = 0, width;

	for (long c = 0; c < to - from; c++) {
		rest[c] = token_column_name(site, from + c, MOST, p->arena);
		for (const char *at = rest[c]; *at; at += label_char(at, &width))
			height[c]++;
		highest = larger(highest, height[c]);
	}
	for (long line = highest; line > 0; line--) {
		put_left(p->to, "", p->row_width + 1);
		for (long c = 0; c < to - from; c++) {
			bool on = height[c] >= line;
			size_t n = on ? label_char(rest[c], &width) : 0;

			fprintf(p->to, "%.*s%*s", (int)n, rest[c], on ? (int)(2 - width) : 2, "");
			rest[c] += n;
		}
		fputc('\n', p->to);
	}
}

/* Behind the names of rows stands a space. */
static void put_shades(const struct text_page *p, const struct token_site *site)
{
	long *width = arena_array(p->arena, (size_t)site->positions, sizeof *width);
	long left = p->picture->width - p->row_width - 1, fit = larger(left / 2, 1);

	for (long c = 0; c < site->positions; c++)
		width[c] = 2;
	if (!p->picture->width || fit > site->positions)
		fit = site->positions;
	for (long from = 0; from < site->positions; from += fit) {
		long to = from + fit < site->positions ? from + fit : site->positions;

		if (from)
			fputc('\n', p->to);
		put_upright(p, site, from, to);
		put_rows(p, site, width, from, to, " ");
	}
}

/* The site of a column of the sums; NULL: what was lost. */
static const struct token_site *sum_site(const struct text_page *p, long column)
{
	return column < p->s->count ? &p->s->sites[column] : NULL;
}

static const char *sum_title(const struct text_page *p, long column)
{
	const struct token_site *site = sum_site(p, column);

	return label_cut(p->arena, site ? site->label : "lost", MOST);
}

/* Titles in row -1, then a number for each row. */
static void put_sum_row(const struct text_page *p, const long *width, long from, long to, long row)
{
	if (row < 0)
		put_left(p->to, "", p->row_width);
	else
		put_row_name(p, row);
	for (long c = from; c < to; c++) {
		const struct token_site *site = sum_site(p, c);
		char text[32];

		if (row >= 0)
			scale_number(&p->map->sums,
				site ? token_site_sum(site, row) : p->s->sites->lost[row], text);
		put_right(p->to, row < 0 ? sum_title(p, c) : text, width[c]);
	}
	fputc('\n', p->to);
}

/* Sums have no colours, since they are much larger than a token's share. */
static void put_sums(const struct text_page *p)
{
	long count = p->s->count + p->s->loses;
	long *width = arena_array(p->arena, (size_t)count, sizeof *width);

	for (long c = 0; c < count; c++)
		width[c] = larger(scale_width(&p->map->sums), label_width(sum_title(p, c))) + 2;
	fputs("sums\n", p->to);
	for (long from = 0, to; from < count; from = to) {
		to = block_end(p, width, from, count);
		if (from)
			fputc('\n', p->to);
		for (long t = -1; t < p->s->steps; t++)
			put_sum_row(p, width, from, to, t);
	}
}

static void put_sentence(struct text_page *p)
{
	p->row_width = 0;
	for (long t = 0; t < p->s->steps; t++)
		p->row_width =
			larger(p->row_width, label_width(token_row_name(p->s, t, MOST, p->arena)));
	for (int i = 0; i < p->s->count; i++) {
		const struct token_site *site = &p->s->sites[i];

		if (!site->panel)
			continue;
		fprintf(p->to, "%s\n", label_cut(p->arena, site->label, MOST));
		if (p->map->positions > NUMBERS || p->picture->no_numbers)
			put_shades(p, site);
		else
			put_numbers(p, site);
		fputc('\n', p->to);
	}
	put_sums(p);
	fputc('\n', p->to);
}

const char *token_map_legend(const struct token_map *m, struct arena *a)
{
	return arena_printf(
		a, "percent of the row%s%s", m->rule ? ", rule " : "", m->rule ? m->rule : "");
}

void token_map_text(FILE *to, const struct token_map *m, const struct picture *picture)
{
	struct arena a = { 0 };

	if (picture->title && *picture->title) {
		label_wrap(to, label_cut(&a, picture->title, 4096), picture->width, 0);
		fputc('\n', to);
	}
	for (long i = 0; i < m->count; i++) {
		struct text_page p = { to, m, &m->at[i], picture, 0, &a };

		if (m->count > 1)
			fprintf(to, "sentence %ld\n\n", p.s->number);
		put_sentence(&p);
		arena_reset(&a);
	}
	shade_scale(to, &m->scale, picture, token_map_legend(m, &a));
	arena_free(&a);
}
