/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/curve_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

enum { ORDER, DIRECTION, REMOVED, LOSS, INCREASE, LOW, HIGH, COLUMNS };
static const char *const names[] = { "order", "direction", "removed", "loss", "increase", "low",
	"high" };

/* A table in the reading. */
struct table_reading {
	FILE *file;
	char *line;
	size_t room;
	int column[COLUMNS];	   /* where each stands */
	const char *cell[COLUMNS]; /* of the line that was read last; "" where the line is short */
	struct arena *arena;
};

static bool next_line(struct table_reading *r, long *number)
{
	ssize_t n = getline(&r->line, &r->room, r->file);

	place_record("line", ++*number);
	if (n < 0 && ferror(r->file))
		die_errno("cannot read");
	if (n >= 0)
		r->line[strcspn(r->line, "\n")] = '\0';
	return n >= 0;
}

/* The line's cells that are needed; column numbers, where it is the line with the names. */
static void split(struct table_reading *r, bool top)
{
	char *rest = r->line, *cell;

	for (int k = 0; k < COLUMNS; k++)
		r->cell[k] = "";
	for (int i = 0; (cell = strsep(&rest, "\t")); i++)
		for (int k = 0; k < COLUMNS; k++) {
			if (top && strcmp(cell, names[k]) == 0)
				r->column[k] = i;
			else if (!top && r->column[k] == i)
				r->cell[k] = cell;
		}
}

static double number(const struct table_reading *r, int column)
{
	char *end;
	double x = strtod(r->cell[column], &end);

	if (!*r->cell[column] || *end || !isfinite(x) ||
		strspn(r->cell[column], "+-.0123456789eE") != strlen(r->cell[column]))
		die("%s is \"%s\", not a number", names[column], r->cell[column]);
	return x;
}

static void add_point(struct drawn_curve *c, struct curve_point p)
{
	if (!(c->count & (c->count + 1))) /* room for a power of two */
		c->point = must_realloc(c->point, 2 * (size_t)c->count + 2, sizeof *c->point);
	c->point[c->count++] = p;
}

/* The curve of this direction and order; a new one begins at the unmasked loss. */
static struct drawn_curve *find(
	struct curve_table *t, const struct table_reading *r, enum curve_direction direction)
{
	const char *order = r->cell[ORDER];

	for (int i = 0; i < t->count; i++)
		if (t->curve[i].direction == direction && !strcmp(t->curve[i].order, order))
			return &t->curve[i];
	t->curve = must_realloc(t->curve, (size_t)t->count + 1, sizeof *t->curve);
	struct drawn_curve *c = &t->curve[t->count++];
	*c = (struct drawn_curve){ .direction = direction,
		.order = arena_text(r->arena, order, strlen(order)) };
	if (!isnan(t->base) && number(r, REMOVED) > 0)
		add_point(c, (struct curve_point){ 0, t->base, t->base, t->base });
	return c;
}

static void read_point(
	struct curve_table *t, const struct table_reading *r, enum curve_direction direction)
{
	struct drawn_curve *c = find(t, r, direction);
	struct curve_point p = { number(r, REMOVED), number(r, LOSS), NAN, NAN };
	double unmasked = p.loss - number(r, INCREASE);

	if (*r->cell[LOW] && *r->cell[HIGH]) {
		c->banded = true;
		p.low = unmasked + number(r, LOW);
		p.high = unmasked + number(r, HIGH);
	}
	t->lowest = fmin(t->lowest, p.loss);
	add_point(c, p);
}

/* Note the name of an order, or that there are random ones. */
static void note_name(struct curve_table *t, const char *name, struct arena *a)
{
	const char *found = t->known;
	size_t n = strlen(name);

	for (; (found = strstr(found, name)); found += n)
		if ((found == t->known || found[-1] == ' ') && (!found[n] || found[n] == ','))
			return;
	t->known = arena_printf(a, "%s%s%s", t->known, *t->known ? ", " : "", name);
}

static void read_line(
	struct curve_table *t, struct table_reading *r, curve_filter *wanted, const void *context)
{
	for (int d = NONE; d <= RANDOM; d++) {
		enum curve_direction direction = (enum curve_direction)d;

		if (direction == SINGLE || strcmp(r->cell[DIRECTION], direction_names[d]))
			continue;
		if (direction == NONE) {
			t->base = number(r, LOSS);
			return;
		}
		note_name(t, direction == RANDOM ? "random" : r->cell[ORDER], r->arena);
		if (wanted(context, direction, r->cell[ORDER]))
			read_point(t, r, direction);
	}
}

struct curve_table curve_table_read(
	const char *file, curve_filter *wanted, const void *context, struct arena *a)
{
	struct curve_table t = { .base = NAN, .lowest = INFINITY, .known = "" };
	struct table_reading r = { .arena = a };
	long line = 0;

	place_source(strcmp(file, "-") ? file : "<stdin>");
	r.file = strcmp(file, "-") ? fopen(file, "r") : stdin;
	if (!r.file)
		die_errno("cannot open");
	for (int k = 0; k < COLUMNS; k++)
		r.column[k] = -1;
	while (next_line(&r, &line)) {
		split(&r, line == 1);
		for (int k = 0; line == 1 && k < COLUMNS; k++)
			if (r.column[k] < 0)
				die("no column \"%s\"; the table is points.tsv of head-ablate",
					names[k]);
		if (line > 1)
			read_line(&t, &r, wanted, context);
	}
	free(r.line);
	place_record("line", 0);
	place_source(NULL);
	return t;
}
