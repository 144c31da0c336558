/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/curve_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ablation/tsv.h"

enum { ORDER, DIRECTION, REMOVED, LOSS, INCREASE, LOW, HIGH, COLUMNS };

/* A table in the reading. */
struct table_reading {
	struct tsv in;
	const char **name; /* of the orders there are */
	int names;
	struct arena *arena;
};

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
	const char *order = r->in.cell[ORDER];

	for (int i = 0; i < t->count; i++)
		if (t->curve[i].direction == direction && !strcmp(t->curve[i].order, order))
			return &t->curve[i];
	t->curve = must_realloc(t->curve, (size_t)t->count + 1, sizeof *t->curve);
	struct drawn_curve *c = &t->curve[t->count++];
	*c = (struct drawn_curve){ .direction = direction,
		.order = arena_text(r->arena, order, strlen(order)) };
	if (!isnan(t->base) && tsv_number(&r->in, REMOVED) > 0)
		add_point(c, (struct curve_point){ 0, t->base, t->base, t->base });
	return c;
}

static void read_point(
	struct curve_table *t, const struct table_reading *r, enum curve_direction direction)
{
	struct drawn_curve *c = find(t, r, direction);
	struct curve_point p = { tsv_number(&r->in, REMOVED), tsv_number(&r->in, LOSS), NAN, NAN };
	double unmasked = p.loss - tsv_number(&r->in, INCREASE);

	if (*r->in.cell[LOW] && *r->in.cell[HIGH]) {
		c->banded = true;
		p.low = unmasked + tsv_number(&r->in, LOW);
		p.high = unmasked + tsv_number(&r->in, HIGH);
	}
	t->lowest = fmin(t->lowest, p.loss);
	add_point(c, p);
}

/* Note the name of an order, or that there are random ones. */
static void note_name(struct table_reading *r, const char *name)
{
	for (int i = 0; i < r->names; i++)
		if (strcmp(r->name[i], name) == 0)
			return;
	r->name = must_realloc(r->name, (size_t)r->names + 1, sizeof *r->name);
	r->name[r->names++] = arena_text(r->arena, name, strlen(name));
}

static void read_line(
	struct curve_table *t, struct table_reading *r, curve_filter *wanted, const void *context)
{
	for (int d = NONE; d <= RANDOM; d++) {
		enum curve_direction direction = (enum curve_direction)d;

		if (direction == SINGLE || strcmp(r->in.cell[DIRECTION], direction_names[d]))
			continue;
		if (direction == NONE) {
			t->base = tsv_number(&r->in, LOSS);
			return;
		}
		note_name(r, direction == RANDOM ? "random" : r->in.cell[ORDER]);
		if (wanted(context, direction, r->in.cell[ORDER]))
			read_point(t, r, direction);
	}
}

struct curve_table curve_table_read(
	const char *file, curve_filter *wanted, const void *context, struct arena *a)
{
	struct curve_table t = { .base = NAN, .lowest = INFINITY, .known = "" };
	struct table_reading r = { .arena = a,
		.in = tsv_open_among(file, COLUMNS,
			"order direction removed loss|kl increase low high",
			"points.tsv of head-ablate") };

	while (tsv_next(&r.in)) {
		t.divergence = tsv_is(&r.in, LOSS, "kl");
		read_line(&t, &r, wanted, context);
	}
	tsv_close(&r.in);
	for (int i = 0; i < r.names; i++)
		t.known = arena_printf(a, "%s%s%s", t.known, i ? ", " : "", r.name[i]);
	free(r.name);
	return t;
}
