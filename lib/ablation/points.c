/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/points.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "ablation/plan.h"
#include "ablation/tsv.h"
#include "base/arena.h"
#include "base/die.h"

enum { MOST_HEADS = 1 << 20 };

/* All heads, in the order of their sites and numbers. */
struct listed_head {
	const char *site;
	long number;
	const char *name; /* "enc-self.0:1" */
};

struct writer {
	const struct points_request *asked;
	FILE *out;
	struct listed_head *head;
	long heads;
	bool *chosen; /* one a head: in the mask that is written */
	struct arena arena;
};

static void read_sites(struct writer *w)
{
	struct tsv t = tsv_open(w->asked->sites, 2, "site heads");

	while (tsv_next(&t)) {
		char *end;
		long heads = strtol(t.cell[1], &end, 10);
		const char *site = arena_text(&w->arena, t.cell[0], strlen(t.cell[0]));

		if (end == t.cell[1] || *end || heads < 1 || heads > MOST_HEADS - w->heads)
			die("'%s' is no number of heads", t.cell[1]);
		w->head = must_realloc(w->head, (size_t)(w->heads + heads), sizeof *w->head);
		for (long h = 0; h < heads; h++)
			w->head[w->heads++] = (struct listed_head){ site, h,
				arena_printf(&w->arena, "%s:%ld", site, h) };
	}
	tsv_close(&t);
	if (!w->heads)
		die("%s: no heads", t.source);
}

static int compare_names(const void *a, const void *b)
{
	const struct listed_head *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* The heads by name, for look-ups. */
static const struct listed_head **sorted(struct writer *w)
{
	const struct listed_head **list = arena_array(&w->arena, (size_t)w->heads, sizeof *list);

	for (long h = 0; h < w->heads; h++)
		list[h] = &w->head[h];
	qsort(list, (size_t)w->heads, sizeof *list, compare_names);
	return list;
}

static long find_head(const struct writer *w, const struct listed_head **list, const char *name)
{
	const struct listed_head key = { .name = name }, *at = &key;
	const struct listed_head **found =
		bsearch(&at, list, (size_t)w->heads, sizeof *list, compare_names);

	return found ? *found - w->head : -1;
}

/* The mask of list[0] .. list[count-1], by site and head, whatever order they came in. */
static const char *mask_of(struct writer *w, const long *list, long count, struct arena *a)
{
	const char *text = "", *last = NULL;

	memset(w->chosen, 0, (size_t)w->heads * sizeof *w->chosen);
	for (long i = 0; i < count; i++)
		w->chosen[list[i]] = true;
	size_t room = 1;
	for (long h = 0; h < w->heads; h++)
		room += w->chosen[h] ? strlen(w->head[h].name) + 1 : 0;
	char *out = arena_alloc(a, room), *end = out;
	*end = '\0';
	for (long h = 0; h < w->heads; h++) {
		if (!w->chosen[h])
			continue;
		if (last && w->head[h].site == last)
			end += sprintf(end, ",%ld", w->head[h].number);
		else
			end += sprintf(end, "%s%s", last ? ";" : "", w->head[h].name);
		last = w->head[h].site;
	}
	return end == out ? text : out;
}

static void write_point(struct writer *w, const char *order, enum curve_direction direction,
	const char *head, const long *list, long count)
{
	struct arena_mark mark = arena_mark(&w->arena);
	const char *mask = mask_of(w, list, count, &w->arena);

	fprintf(w->out, "%s\t%s\t%ld\t%s\t%s/%016" PRIx64 "\t%s\n", order,
		direction_names[direction], count, head, w->asked->losses,
		XXH3_64bits(mask, strlen(mask)), mask);
	arena_back(&w->arena, mark);
}

/* More and more heads of the list, the most relevant first: its first ones, or its last. */
static void write_curve(
	struct writer *w, const char *order, enum curve_direction direction, const long *list)
{
	long before = 0;

	for (long p = 1; p <= w->asked->points; p++) {
		long k = (2 * p * w->heads + w->asked->points) / (2 * w->asked->points);

		if (k > before)
			write_point(w, order, direction, "",
				direction == LEAST ? list + w->heads - k : list, k);
		before = k;
	}
}

static void end_order(struct writer *w, const char *order, const long *list, long count)
{
	if (count != w->heads)
		die("order '%s' has %ld of the %ld heads", order, count, w->heads);
	write_curve(w, order, LEAST, list);
	write_curve(w, order, MOST, list);
}

/* The orders of the scores, one after another. */
static void write_orders(struct writer *w)
{
	const struct listed_head **by_name = sorted(w);
	long *list = arena_array(&w->arena, (size_t)w->heads, sizeof *list), count = 0;
	bool *seen = arena_array(&w->arena, (size_t)w->heads, sizeof *seen);
	struct tsv t = tsv_open(w->asked->scores, 3, "order head score");
	const char *order = NULL;

	while (tsv_next(&t)) {
		long head = find_head(w, by_name, t.cell[1]);

		if (!order || strcmp(order, t.cell[0])) {
			if (order)
				end_order(w, order, list, count);
			order = arena_text(&w->arena, t.cell[0], strlen(t.cell[0]));
			count = 0;
			memset(seen, 0, (size_t)w->heads * sizeof *seen);
		}
		if (head < 0)
			die("order '%s' has head %s, which is not among those to mask", order,
				t.cell[1]);
		if (seen[head])
			die("order '%s' has head %s twice", order, t.cell[1]);
		seen[head] = true;
		list[count++] = head;
	}
	tsv_close(&t);
	if (order)
		end_order(w, order, list, count);
}

/* Park and Miller 1988: x = 16807 x mod (2^31 - 1). */
static long next_random(long *state)
{
	return *state = (long)((int64_t)*state * 16807 % 2147483647);
}

/* Fisher and Yates, with one sequence for all orders: those of neighbouring seeds would be related.
 */
static void write_random(struct writer *w)
{
	long *list = arena_array(&w->arena, (size_t)w->heads, sizeof *list);
	long state = w->asked->seed % 2147483646 + 1;

	for (int r = 0; r < 10; r++) /* small seeds begin with small numbers */
		next_random(&state);
	for (long r = 1; r <= w->asked->random; r++) {
		for (long h = 0; h < w->heads; h++)
			list[h] = h;
		for (long h = w->heads - 1; h > 0; h--) {
			long k = next_random(&state) % (h + 1), other = list[k];

			list[k] = list[h];
			list[h] = other;
		}
		write_curve(w, arena_printf(&w->arena, "random.%ld", r), RANDOM, list);
	}
}

void points_write(const struct points_request *q, FILE *out)
{
	struct writer w = { .asked = q, .out = out };

	read_sites(&w);
	w.chosen = arena_array(&w.arena, (size_t)w.heads, sizeof *w.chosen);
	fprintf(out, "order\tdirection\tremoved\thead\tfile\tmask\n");
	write_point(&w, "-", NONE, "", NULL, 0);
	for (long h = 0; h < w.heads; h++)
		write_point(&w, "-", SINGLE, w.head[h].name, &h, 1);
	write_orders(&w);
	write_random(&w);
}
