/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/script.h"

#include <math.h>
#include <string.h>

#include "ablation/curve_table.h"
#include "base/die.h"

/* Colours of Okabe and Ito, without yellow, then of Tol's muted ones: told apart by colour-blind people
 * too. And a mark for each order, since colours are nothing in grey. */
static const char *const colours[] = { "#000000", "#d55e00", "#0072b2", "#009e73", "#cc79a7",
	"#56b4e9", "#e69f00", "#882255", "#999933", "#332288", "#44aa99", "#cc6677", "#117733",
	"#aa4499" };
static const int marks[] = { 7, 5, 9, 11, 13, 15, 2, 6, 4, 8, 10, 12, 14, 1 };
/* Dashes of the two directions; where one alone is drawn, each order has its own. */
static const char *const dashes[] = { "1", "(10,5)", "(2,4)", "(14,4,2,4)", "(18,6)",
	"(6,3,2,3,2,3)", "(4,2)" };
enum {
	COLOURS = sizeof colours / sizeof *colours,
	MARKS = sizeof marks / sizeof *marks,
	DASHES = sizeof dashes / sizeof *dashes
};

struct script {
	const struct script_request *asked;
	struct curve_table table;
	FILE *out;
	struct arena arena;
	const char *plot, *titles; /* what is drawn, and its titles, so far */
	const char *order[MARKS];  /* that have a look */
	int orders;
	bool least, most; /* which directions are drawn */
};

/* The next of names with spaces between; its length is 0 at the end. */
static const char *next_name(const char *list, size_t *length)
{
	list += strspn(list, " ");
	*length = strcspn(list, " ");
	return list;
}

static bool is_listed(const char *list, const char *name)
{
	size_t n;

	for (const char *at = list; (at = next_name(at, &n)), n; at += n)
		if (strlen(name) == n && !memcmp(at, name, n))
			return true;
	return false;
}

static bool is_wanted(const void *context, enum curve_direction direction, const char *order)
{
	const struct script_request *q = context;
	const char *name = direction == RANDOM ? "random" : order;

	if (direction != RANDOM && strcmp(q->direction, "both") &&
		strcmp(q->direction, direction == LEAST ? "least" : "most"))
		return false;
	return !q->orders || is_listed(q->orders, name);
}

/* Every order that was named is there, and something is left of the picture. */
static void check(struct script *s)
{
	const struct script_request *q = s->asked;
	size_t n;

	for (const char *at = q->orders ? q->orders : ""; (at = next_name(at, &n)), n; at += n) {
		const char *name = arena_text(&s->arena, at, n);
		bool found = false;

		for (int i = 0; i < s->table.count; i++) {
			const struct drawn_curve *c = &s->table.curve[i];

			found |= !strcmp(c->direction == RANDOM ? "random" : c->order, name);
		}
		if (!found)
			die_usage("no order \"%s\" here, only: %s", name, s->table.known);
	}
	if (!s->table.count)
		die("no curves; the table has no lines least, most or random that were asked for");
	if (q->top >= 0 && q->top <= s->table.lowest)
		die_usage(
			"--max %g cuts all off; the smallest loss is %g", q->top, s->table.lowest);
}

/* Text between single quotes of gnuplot's. */
static const char *quoted(struct script *s, const char *text)
{
	char *out = arena_array(&s->arena, 2 * strlen(text) + 3, 1), *at = out;

	for (*at++ = '\''; *text; text++) {
		if (*text == '\'')
			*at++ = '\'';
		*at++ = *text;
	}
	*at++ = '\'';
	*at = '\0';
	return out;
}

/* Draw something, with its title. */
static void add(struct script *s, const char *title, const char *text)
{
	s->plot = arena_printf(&s->arena, "%s%s%s", s->plot, *s->plot ? ", \\\n  " : "plot ", text);
	s->titles = arena_printf(&s->arena, "%s# title %s\n", s->titles, title);
}
#define ADD(s, title, ...) add(s, title, arena_printf(&(s)->arena, __VA_ARGS__))

/* The number of an order's colour and mark; a new one gets the next. */
static int look(struct script *s, const char *order)
{
	int i = 0;

	while (i < s->orders && strcmp(s->order[i], order))
		i++;
	if (i == MARKS)
		die("more than %d orders cannot be told apart; choose some with -k", MARKS);
	if (i == s->orders)
		s->order[s->orders++] = order;
	return i;
}

static const char *dash(struct script *s, const struct drawn_curve *c)
{
	if (s->least && s->most)
		return dashes[c->direction == MOST];
	return dashes[look(s, c->order) % DASHES];
}

/* Looks in the order of -k, else of the table. */
static void find_looks(struct script *s)
{
	size_t n;

	for (const char *at = s->asked->orders ? s->asked->orders : ""; (at = next_name(at, &n)), n;
		at += n) {
		const char *name = arena_text(&s->arena, at, n);

		if (strcmp(name, "random"))
			look(s, name);
	}
	for (int i = 0; i < s->table.count; i++)
		if (s->table.curve[i].direction != RANDOM)
			look(s, s->table.curve[i].order);
}

static const char *name_of(struct script *s, const struct drawn_curve *c, const char *more)
{
	return c->direction == RANDOM ? c->order
				      : arena_printf(&s->arena, "%s, %s relevant first%s", c->order,
						c->direction == LEAST ? "least" : "most", more);
}

/* Random orders at the bottom, then bands, then curves. */
static void add_curves(struct script *s)
{
	for (int i = 0; i < s->table.count; i++)
		if (s->table.curve[i].direction == RANDOM)
			ADD(s, name_of(s, &s->table.curve[i], ""),
				"$c%d using 1:2 with lines lc rgb \"#b0b0b0\" lt 1 lw 0.7 notitle",
				i);
	for (int i = 0; i < s->table.count; i++) {
		const struct drawn_curve *c = &s->table.curve[i];

		if (c->direction != RANDOM && c->banded)
			ADD(s, name_of(s, c, ", 95 % interval"),
				"$%c%d using 1:3:4 with filledcurves lc rgb \"%s\" fs transparent solid %s "
				"noborder notitle",
				s->asked->top < 0 ? 'c' : 'b', i,
				colours[look(s, c->order) % COLOURS],
				s->orders > 4 ? "0.12" : "0.2");
	}
	for (int i = 0; i < s->table.count; i++) {
		const struct drawn_curve *c = &s->table.curve[i];

		if (c->direction != RANDOM)
			ADD(s, name_of(s, c, ""),
				"$c%d using 1:2 with linespoints lc rgb \"%s\" dt %s lw 1.4 pt %d ps "
				"0.75 pi %ld notitle",
				i, colours[look(s, c->order) % COLOURS], dash(s, c),
				marks[look(s, c->order)], (c->count + 15) / 16);
	}
}

static void find_directions(struct script *s)
{
	for (int i = 0; i < s->table.count; i++) {
		s->least |= s->table.curve[i].direction == LEAST;
		s->most |= s->table.curve[i].direction == MOST;
	}
}

/* What looks, dashes and greys mean. */
static void add_key(struct script *s)
{
	int randoms = 0, bands = 0;

	for (int i = 0; i < s->table.count; i++) {
		const struct drawn_curve *c = &s->table.curve[i];

		randoms += c->direction == RANDOM;
		bands += c->direction != RANDOM && c->banded;
	}
	for (int i = 0; i < s->orders; i++)
		ADD(s, "key",
			"NaN with linespoints lc rgb \"%s\" dt %s lw 1.4 pt %d ps 0.75 title %s",
			colours[i % COLOURS], s->least && s->most ? "1" : dashes[i % DASHES],
			marks[i], quoted(s, s->order[i]));
	if (s->least && s->most)
		ADD(s, "key",
			"NaN with lines lc rgb \"#404040\" dt 1 lw 1.4 title \"least relevant first\"");
	if (s->least && s->most)
		ADD(s, "key",
			"NaN with lines lc rgb \"#404040\" dt (10,5) lw 1.4 title \"most relevant "
			"first\"");
	if (bands)
		ADD(s, "key",
			"NaN with filledcurves lc rgb \"#404040\" fs transparent solid 0.2 noborder "
			"title \"95 %% interval\"");
	if (randoms)
		ADD(s, "key",
			"NaN with lines lc rgb \"#b0b0b0\" dt 1 lw 1 title \"%d random order%s\"",
			randoms, randoms > 1 ? "s" : "");
	if (!isnan(s->table.base))
		ADD(s, "no head removed",
			"%.10g with lines lc rgb \"#404040\" dt (3,6) lw 1 title \"no head removed\"",
			s->table.base);
}

static void write_settings(struct script *s)
{
	bool png = s->asked->png;

	fprintf(s->out,
		"set encoding utf8\nset terminal %s noenhanced size %s %s background rgb "
		"\"white\"\n",
		png ? "pngcairo" : "svg", png ? "1440,900" : "960,600",
		png ? "fontscale 1.4 linewidth 1.5 pointscale 2" : "dynamic fontscale 1.15");
	fprintf(s->out, "set xlabel \"heads removed%s\"\nset ylabel \"%s per token (nats)\"\n",
		s->least == s->most ? ""
		: s->least	    ? ", the least relevant first"
				    : ", the most relevant first",
		s->table.divergence ? "divergence from the unmasked model, KL(p || q)," : "loss");
	fputs("set key outside right top Left reverse samplen 2.5 spacing 1.15 width 1\n"
	      "set border 3 lc rgb \"#404040\"\nset tics nomirror out\n"
	      "set grid ytics lc rgb \"#e0e0e0\" lt 1 lw 0.6\nset xrange [0:*] noextend\n",
		s->out);
	if (s->asked->title)
		fprintf(s->out, "set title %s\n", quoted(s, s->asked->title));
	if (s->asked->top >= 0)
		fprintf(s->out, "set yrange [*:%.10g]\n", s->asked->top);
	else
		fputs("set yrange [*:*]\n", s->out);
}

/* The part of the way from x to y at which it crosses `top`; 1: nowhere before its end. */
static double crossing(double x, double y, double top)
{
	return (x < top) != (y < top) && x != y ? (top - x) / (y - x) : 1;
}

/* A point of a band, its part above `top` cut off. */
static void write_cut(FILE *out, double removed, double low, double high, double top)
{
	fprintf(out, "%.10g NaN %.10g %.10g\n", removed, fmin(low, top), fmin(high, top));
}

/* A band below --max: gnuplot draws one that goes beyond its axis as if the points there were not. */
static void write_band(const struct script *s, int curve)
{
	const struct drawn_curve *c = &s->table.curve[curve];
	double top = s->asked->top;

	fprintf(s->out, "$b%d << END\n", curve);
	for (long k = 0; k < c->count; k++) {
		const struct curve_point *p = &c->point[k], *q = p + 1;

		if (isnan(p->low))
			continue;
		write_cut(s->out, p->removed, p->low, p->high, top);
		if (k + 1 == c->count || isnan(q->low))
			continue;
		double low = crossing(p->low, q->low, top), high = crossing(p->high, q->high, top);

		for (int i = 0; i < 2; i++) {
			double at = i ? fmax(low, high) : fmin(low, high);

			if (at > 0 && at < 1)
				write_cut(s->out, p->removed + at * (q->removed - p->removed),
					p->low + at * (q->low - p->low),
					p->high + at * (q->high - p->high), top);
		}
	}
	fputs("END\n", s->out);
}

static void write_data(const struct script *s)
{
	for (int i = 0; i < s->table.count; i++) {
		const struct drawn_curve *c = &s->table.curve[i];

		fprintf(s->out, "$c%d << END\n", i);
		for (long k = 0; k < c->count; k++) {
			const struct curve_point *p = &c->point[k];

			fprintf(s->out, "%.10g %.10g", p->removed, p->loss);
			if (isnan(p->low))
				fputs(" NaN NaN\n", s->out);
			else
				fprintf(s->out, " %.10g %.10g\n", p->low, p->high);
		}
		fputs("END\n", s->out);
		if (s->asked->top >= 0 && c->direction != RANDOM && c->banded)
			write_band(s, i);
	}
}

void script_write(const struct script_request *q, FILE *out)
{
	struct script s = { .asked = q, .out = out, .plot = "", .titles = "" };

	s.table = curve_table_read(q->file, is_wanted, q, &s.arena);
	check(&s);
	find_looks(&s);
	find_directions(&s);
	add_curves(&s);
	add_key(&s);
	write_settings(&s);
	write_data(&s);
	fprintf(out, "%s\n%s", s.plot, s.titles);
	arena_free(&s.arena);
}
