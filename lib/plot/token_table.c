/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "plot/label.h"
#include "plot/token_map.h"

enum { MOST = 200 };

/* A table that is filled column by column; row 0 has the titles, column 0 the names of rows. */
struct token_table {
	const struct token_sentence *s;
	const char **cell; /* [columns, rows] */
	long columns, rows;
	struct arena *arena;
};

static struct token_table new_table(const struct token_sentence *s, struct arena *a)
{
	struct token_table t = { .s = s, .rows = s->steps + 1, .arena = a };
	long most = 3 + s->count;

	for (int i = 0; i < s->count; i++)
		most += s->sites[i].positions;
	t.cell = arena_array(a, (size_t)(most * t.rows), sizeof *t.cell);
	return t;
}

/* A new column, empty below its title. */
static const char **add_column(struct token_table *t, const char *title)
{
	const char **column = t->cell + t->columns++ * t->rows;

	column[0] = title;
	for (long row = 1; row < t->rows; row++)
		column[row] = "";
	return column;
}

static const char *number(const struct token_table *t, double percent)
{
	return arena_printf(t->arena, "%.1f", percent);
}

static void add_pieces(struct token_table *t, const struct token_site *site)
{
	for (long p = 0; p < site->positions; p++) {
		const char **column = add_column(t, token_column_name(site, p, MOST, t->arena));

		for (long row = 0; row < t->s->steps; row++)
			if (p < token_site_end(t->s, site, row))
				column[row + 1] = number(t, site->share[row * site->positions + p]);
	}
}

/* Of equal shares the first one. The site's columns begin behind the names. */
static void mark_strongest(struct token_table *t, const struct token_site *site)
{
	for (long row = 0; row < t->s->steps; row++) {
		const double *share = site->share + row * site->positions;
		long best = 0;

		for (long p = 1; p < token_site_end(t->s, site, row); p++)
			if (share[p] > share[best])
				best = p;
		const char **cell = t->cell + (1 + best) * t->rows + row + 1;
		*cell = arena_printf(t->arena, "*%s", *cell);
	}
}

static void add_sums(struct token_table *t, const struct token_site *but, bool panels)
{
	for (int i = 0; i < t->s->count; i++) {
		const struct token_site *site = &t->s->sites[i];

		if (site == but || site->panel != panels)
			continue;
		const char **column = add_column(t, label_cut(t->arena, site->label, MOST));
		for (long row = 0; row < t->s->steps; row++)
			column[row + 1] = number(t, token_site_sum(site, row));
	}
}

/* Where less than a hundredth of a percent is lost, it is rounding. */
static void add_lost(struct token_table *t)
{
	const double *lost = t->s->lost;
	bool any = false;

	for (long row = 0; row < t->s->steps; row++)
		any |= fabs(lost[row]) >= 0.01;
	if (!any)
		return;
	const char **column = add_column(t, "lost");
	for (long row = 0; row < t->s->steps; row++)
		column[row + 1] = number(t, fabs(lost[row]) < 0.01 ? 0 : lost[row]);
}

static long width_of(const char *const *column, long rows)
{
	long width = 0;

	for (long row = 0; row < rows; row++)
		if (label_width(column[row]) > width)
			width = label_width(column[row]);
	return width;
}

/* Names to the left, numbers to the right; no spaces at the end of a line. */
static void put_table(FILE *to, const struct token_table *t, const char *title)
{
	long *width = arena_array(t->arena, (size_t)t->columns, sizeof *width);

	for (long c = 0; c < t->columns; c++)
		width[c] = width_of(t->cell + c * t->rows, t->rows);
	fprintf(to, "%s\n", title);
	for (long row = 0; row < t->rows; row++) {
		long gap = width[0] - label_width(t->cell[row]);

		fputs(t->cell[row], to);
		for (long c = 1; c < t->columns; c++) {
			const char *cell = t->cell[c * t->rows + row];

			gap += 2 + width[c] - label_width(cell);
			if (!*cell)
				continue;
			fprintf(to, "%*s%s", (int)gap, "", cell);
			gap = 0;
		}
		fputc('\n', to);
	}
}

static void put_site(
	FILE *to, const struct token_sentence *s, const struct token_site *site, bool first)
{
	struct arena a = { 0 };
	struct token_table t = new_table(s, &a);
	const char **names = add_column(&t, "");

	for (long row = 0; row < s->steps; row++)
		names[row + 1] = token_row_name(s, row, MOST, &a);
	add_pieces(&t, site);
	if (first) {
		mark_strongest(&t, site);
		add_sums(&t, site, true);
		add_sums(&t, site, false);
		add_lost(&t);
	}
	put_table(to, &t, label_cut(&a, site->label, MOST));
	arena_free(&a);
}

void token_map_tables(FILE *to, const struct token_sentence *s)
{
	bool first = true;

	for (int i = 0; i < s->count; i++) {
		if (!s->sites[i].panel)
			continue;
		if (!first)
			fputc('\n', to);
		put_site(to, s, &s->sites[i], first);
		first = false;
	}
}
