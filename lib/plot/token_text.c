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
	bool colours;
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

/* Cells with numbers, as wide as the piece above them. */
static void put_numbers(const struct text_page *p, const struct token_site *site)
{
	long width[NUMBERS], least = larger(CELL, scale_width(&p->map->scale) + 3);

	put_left(p->to, "", p->row_width);
	for (long c = 0; c < site->positions; c++) {
		const char *name = token_column_name(site, c, MOST, p->arena);

		width[c] = larger(least, label_width(name) + 2);
		put_right(p->to, name, width[c]);
	}
	fputc('\n', p->to);
	for (long t = 0; t < p->s->steps; t++) {
		put_row_name(p, t);
		for (long c = 0; c < token_site_end(p->s, site, t); c++)
			shade_cell(p->to, &p->map->scale, site->share[t * site->positions + c],
				(int)width[c], p->colours);
		fputc('\n', p->to);
	}
}

/* Names of columns from top to bottom, a character of each in a line, all ending in the last one.
 */
static void put_upright(const struct text_page *p, const struct token_site *site)
{
	const char **rest = arena_array(p->arena, (size_t)site->positions, sizeof *rest);
	long *height = arena_zero(p->arena, (size_t)site->positions, sizeof *height);
	long highest = 0, width;

	for (long c = 0; c < site->positions; c++) {
		rest[c] = token_column_name(site, c, MOST, p->arena);
		for (const char *at = rest[c]; *at; at += label_char(at, &width))
			height[c]++;
		highest = larger(highest, height[c]);
	}
	for (long line = highest; line > 0; line--) {
		put_left(p->to, "", p->row_width + 1);
		for (long c = 0; c < site->positions; c++) {
			bool on = height[c] >= line;
			size_t n = on ? label_char(rest[c], &width) : 0;

			fprintf(p->to, "%.*s%*s", (int)n, rest[c], on ? (int)(2 - width) : 2, "");
			rest[c] += n;
		}
		fputc('\n', p->to);
	}
}

static void put_shades(const struct text_page *p, const struct token_site *site)
{
	put_upright(p, site);
	for (long t = 0; t < p->s->steps; t++) {
		put_row_name(p, t);
		fputc(' ', p->to);
		for (long c = 0; c < token_site_end(p->s, site, t); c++)
			shade_cell(p->to, &p->map->scale, site->share[t * site->positions + c], 2,
				p->colours);
		fputc('\n', p->to);
	}
}

/* A column of the sums: the name in row -1, then a number for each row. */
static void put_sum(
	const struct text_page *p, const char *name, const struct token_site *site, long row)
{
	const char *title = label_cut(p->arena, name, MOST);
	char text[32];

	if (row >= 0)
		scale_number(&p->map->sums,
			site ? token_site_sum(site, row) : p->s->sites->lost[row], text);
	put_right(p->to, row < 0 ? title : text,
		larger(scale_width(&p->map->sums), label_width(title)) + 2);
}

/* Sums have no colours, since they are much larger than a token's share. */
static void put_sums(const struct text_page *p)
{
	fputs("sums\n", p->to);
	for (long t = -1; t < p->s->steps; t++) {
		if (t < 0)
			put_left(p->to, "", p->row_width);
		else
			put_row_name(p, t);
		for (int i = 0; i < p->s->count; i++)
			put_sum(p, p->s->sites[i].label, &p->s->sites[i], t);
		if (p->s->loses)
			put_sum(p, "lost", NULL, t);
		fputc('\n', p->to);
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
		if (p->map->positions > NUMBERS)
			put_shades(p, site);
		else
			put_numbers(p, site);
		fputc('\n', p->to);
	}
	put_sums(p);
	fputc('\n', p->to);
}

void token_map_text(FILE *to, const struct token_map *m, bool colours)
{
	struct arena a = { 0 };

	for (long i = 0; i < m->count; i++) {
		struct text_page p = { to, m, &m->at[i], colours, 0, &a };

		if (m->count > 1)
			fprintf(to, "sentence %ld\n\n", p.s->number);
		put_sentence(&p);
		arena_reset(&a);
	}
	shade_scale(to, &m->scale, colours, "percent of the row");
	arena_free(&a);
}
