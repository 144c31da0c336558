/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/token_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "plot/label.h"
#include "record/drawn.h"
#include "stat/agree.h"
#include "record/site.h"

enum { MAX_CELLS = 1 << 20, MAX_SITES = 64, MOST = 200 /* columns of a label */ };

/* What a header says of its numbers. */
static void take_header(struct token_map *m, const struct record *r)
{
	const msgpack_object *from[] = { record_find(r, "model"), record_find(r, "rule") };
	const char **to[] = { &m->model, &m->rule };

	for (int i = 0; i < 2; i++) {
		const msgpack_object *name = from[i] && from[i]->type == MSGPACK_OBJECT_MAP
						     ? map_find(from[i], "name")
						     : NULL;

		if (name && name->type == MSGPACK_OBJECT_STR)
			*to[i] = label_cut(&m->arena, object_text(name, "name", r->arena), MOST);
	}
}

/* The records of a sentence follow each other. */
static struct token_sentence *find_sentence(struct token_map *m, long segment, long number)
{
	struct token_sentence *last = m->count ? &m->at[m->count - 1] : NULL;

	if (last && last->segment == segment && last->number == number)
		return last;
	if (m->count == m->room) {
		m->room = 2 * m->room + 16;
		m->at = must_realloc(m->at, (size_t)m->room, sizeof *m->at);
	}
	m->at[m->count] = (struct token_sentence){ .segment = segment, .number = number };
	return &m->at[m->count++];
}

/* A list of pieces as labels, of the map's arena; NULL where the record has none. */
static const char **read_pieces(
	struct token_map *m, const struct record *r, const char *key, long count)
{
	if (!record_has(r, key))
		return NULL;

	const msgpack_object *list = record_list(r, key);
	const char **pieces = arena_array(&m->arena, (size_t)count, sizeof *pieces);

	if (list->via.array.size != (uint32_t)count)
		die("'%s' has %u pieces for %ld places", key, list->via.array.size, count);
	for (long i = 0; i < count; i++)
		pieces[i] = label_cut(
			&m->arena, object_text(&list->via.array.ptr[i], key, r->arena), MOST);
	return pieces;
}

static struct token_site *find_site(
	struct token_map *m, struct token_sentence *s, const struct record *r, long positions)
{
	const char *name = record_text(r, "site");

	for (int i = 0; i < s->count; i++)
		if (!strcmp(s->sites[i].name, name))
			return &s->sites[i];
	if (s->count == MAX_SITES)
		die("sentence %ld has more than %d sites", s->number, MAX_SITES);
	s->sites = must_realloc(s->sites, (size_t)s->count + 1, sizeof *s->sites);
	s->sites[s->count] = (struct token_site){ .name = arena_text(&m->arena, name, strlen(name)),
		.label = label_cut(&m->arena, name, MOST),
		.positions = positions,
		.pieces = read_pieces(m, r, "pieces", positions) };
	return &s->sites[s->count++];
}

/* A tensor [steps] of the record's ledger; NULL where there is none. */
static const double *ledger(const struct record *r, const char *key, long steps)
{
	const msgpack_object *map = record_has(r, "ledger") ? record_map(r, "ledger") : NULL;

	if (!map || !map_find(map, key))
		return NULL;

	struct tensor t = map_tensor(map, "ledger", key);

	tensor_expect(&t, key, 1, steps);
	return tensor_doubles(&t, r->arena, key);
}

/* The next steps of a site. What a step started with is its ledger's, else 1. */
static void add_steps(
	struct token_site *site, const struct record *r, struct tensor *t, const struct drawn *d)
{
	long steps = t->shape[0], positions = site->positions, row = site->steps;
	const double *x = tensor_doubles(t, r->arena, "relevance");
	const double *start = ledger(r, "start", steps), *lost = ledger(r, "lost", steps);

	site->steps += steps;
	site->share =
		must_realloc(site->share, (size_t)(site->steps * positions), sizeof *site->share);
	site->lost = must_realloc(site->lost, (size_t)site->steps, sizeof *site->lost);
	for (long s = 0; s < steps; s++) {
		double percent = start && start[s] != 0 ? 100 / start[s] : 100, sum = 0;

		for (long p = 0; p < positions; p++)
			sum += site->share[(row + s) * positions + p] =
				x[s * positions + p] * percent;
		site->lost[row + s] = lost ? lost[s] * percent : 0;
		if (!isfinite(sum + site->lost[row + s]))
			die("the relevance of step %ld is too large to draw", drawn_step(d, s));
	}
}

/* The record's steps stand at these positions of the site; NULL: it does not say. */
static const long *read_positions(const struct record *r, long steps, long positions)
{
	long *at = NULL;

	if (!record_has(r, "positions"))
		return NULL;
	const msgpack_object *list = record_list(r, "positions");

	if (list->via.array.size != (uint32_t)steps)
		die("'positions' has %u numbers for %ld steps", list->via.array.size, steps);
	at = arena_array(r->arena, (size_t)steps, sizeof *at);
	for (long i = 0; i < steps; i++) {
		const msgpack_object *x = &list->via.array.ptr[i];

		if (x->type != MSGPACK_OBJECT_POSITIVE_INTEGER || x->via.u64 >= (uint64_t)positions)
			die("'positions' names one that site %s does not have",
				record_text(r, "site"));
		at[i] = (long)x->via.u64;
	}
	return at;
}

/* Of a text whose tokens are masked in turn a column has the name that it has where it is not. */
static void name_columns(
	struct token_map *m, struct token_site *site, const struct record *r, const long *at)
{
	const char **pieces = at ? read_pieces(m, r, "pieces", site->positions) : NULL;

	for (long p = 0; pieces && site->pieces && p < site->positions; p++)
		if (p != at[0])
			site->pieces[p] = pieces[p];
}

static void add_rows(struct token_map *m, struct token_sentence *s, const struct record *r,
	const struct drawn *d, long from)
{
	long end = from + d->rows;
	const char **pieces = read_pieces(m, r, "predicted", d->rows);

	if (end > s->steps) {
		s->predicted = must_realloc(s->predicted, (size_t)end, sizeof *s->predicted);
		s->row = must_realloc(s->row, (size_t)end, sizeof *s->row);
		for (long i = s->steps; i < end; i++) {
			s->row[i].step = s->row[i].position = drawn_step(d, i - from);
			s->predicted[i] = NULL;
		}
		s->steps = end;
	}
	for (long i = 0; i < d->rows; i++) {
		if (s->row[from + i].step != drawn_step(d, i))
			die("sentence %ld has step %ld at one site where it has step %ld at "
			    "another",
				s->number, s->row[from + i].step, drawn_step(d, i));
		if (pieces)
			s->predicted[from + i] = pieces[i];
	}
}

static void take_record(struct token_map *m, const struct record *r, long segment, long *cells)
{
	struct token_sentence *s = find_sentence(m, segment, record_int(r, "sentence"));
	struct tensor t = record_tensor(r, "relevance");

	tensor_expect(&t, "relevance", 2, -1L, -1L);
	if (!t.count)
		die("relevance of the shape %s is empty", tensor_shape_text(&t, r->arena));
	if (t.count > MAX_CELLS || (*cells += (long)t.count) > MAX_CELLS)
		die("more than %d cells are too many for a picture; draw one sentence", MAX_CELLS);

	struct drawn d = record_drawn(r, t.shape[0]);
	struct token_site *site = find_site(m, s, r, t.shape[1]);
	if (!s->steps)
		s->first = d.first;
	if (t.shape[1] != site->positions)
		die("site %s had %ld positions before, and has %ld", site->name, site->positions,
			t.shape[1]);
	if (d.first != s->first + site->steps)
		die("site %s goes on at step %ld, where step %ld should come", site->name, d.first,
			s->first + site->steps);
	const long *at = read_positions(r, t.shape[0], site->positions);

	add_rows(m, s, r, &d, site->steps);
	for (long i = 0; at && i < t.shape[0]; i++)
		s->row[site->steps + i].position = at[i];
	name_columns(m, site, r, at);
	add_steps(site, r, &t, &d);
}

/* source.position and source.type beside source. */
static bool is_beside(const struct token_sentence *s, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t length = dot ? (size_t)(dot - name) : 0;

	if (!dot || (strcmp(dot, ".position") && strcmp(dot, ".type")))
		return false;
	for (int i = 0; i < s->count; i++)
		if (strlen(s->sites[i].name) == length && !memcmp(s->sites[i].name, name, length))
			return true;
	return false;
}

/* On the target's side a step does not see the tokens behind its own position. */
static bool sees_past_only(const struct token_sentence *s, const struct token_site *site)
{
	if (!strncmp(site->name, "source", 6) || !strncmp(site->name, "enc", 3))
		return false;
	for (long t = 0; t < site->steps; t++)
		for (long p = s->row[t].position + 1; p < site->positions; p++)
			if (site->share[t * site->positions + p] != 0)
				return false;
	return true;
}

static int compare(const void *a, const void *b)
{
	return site_compare(
		((const struct token_site *)a)->name, ((const struct token_site *)b)->name);
}

static void finish_site(struct token_map *m, struct token_sentence *s, struct token_site *site)
{
	if (site->steps != s->steps)
		die("sentence %ld has %ld steps at site %s and %ld at another", s->number,
			site->steps, site->name, s->steps);
	site->panel = !is_beside(s, site->name);
	site->past_only = sees_past_only(s, site);
	if (site->panel && site->positions > m->positions)
		m->positions = site->positions;
	for (long t = 0; t < site->steps; t++) {
		scale_take(&m->sums, token_site_sum(site, t));
		scale_take(&m->sums, site->lost[t]);
		for (long p = 0; site->panel && p < site->positions; p++)
			scale_take(&m->scale, site->share[t * site->positions + p]);
	}
}

/* What was lost is said where anything was, and where the sites agree, as those of one cut do. */
static bool loses(const struct token_sentence *s)
{
	bool any = false;

	for (long t = 0; t < s->steps; t++)
		for (int i = 0; i < s->count; i++) {
			double lost = s->sites[i].lost[t], difference = lost - s->sites[0].lost[t];

			if (fabs(difference) > 1e-3 + 1e-6 * fabs(lost))
				return false;
			any = any || fabs(lost) > 0.01;
		}
	return any;
}

static void finish_sentence(struct token_map *m, struct token_sentence *s)
{
	s->lost = s->sites[s->count - 1].lost;
	qsort(s->sites, (size_t)s->count, sizeof *s->sites, compare);
	for (int k = 0; k < s->count; k++)
		finish_site(m, s, &s->sites[k]);
	s->loses = loses(s);
}

static void forget(struct token_map *m)
{
	for (long i = 0; i < m->count; i++) {
		for (int k = 0; k < m->at[i].count; k++) {
			free(m->at[i].sites[k].share);
			free(m->at[i].sites[k].lost);
		}
		free(m->at[i].sites);
		free(m->at[i].predicted);
		free(m->at[i].row);
	}
	m->count = 0;
	arena_reset(&m->arena);
}

/* The sentence that is read now is whole. */
static void hand_over(
	struct token_map *m, void (*done)(void *context, const struct token_map *m), void *context)
{
	finish_sentence(m, &m->at[0]);
	done(context, m);
	forget(m);
}

static bool is_next(const struct token_map *m, long segment, long number)
{
	return m->count && (m->at[0].segment != segment || m->at[0].number != number);
}

void token_map_each(
	struct instream *in, void (*done)(void *context, const struct token_map *m), void *context)
{
	struct token_map m = { .count = 0 };
	struct agree agree = { .headers = 0 };
	struct record r;
	long cells = 0;
	bool any = false;

	while (stream_next(in, &r)) {
		if (r.is_header) {
			agree_check(&agree, &r);
			continue;
		}
		if (is_next(&m, agree.headers, record_int(&r, "sentence"))) {
			hand_over(&m, done, context);
			cells = 0;
		}
		take_record(&m, &r, agree.headers, &cells);
		any = true;
	}
	if (!any)
		die("no sentence came in");
	hand_over(&m, done, context);
	free(m.at);
	arena_free(&m.arena);
}

struct token_map *token_map_read(struct instream *in, double max)
{
	struct token_map *m = must_alloc(1, sizeof *m);
	struct agree agree = { .headers = 0 };
	struct record r;
	long cells = 0;

	m->scale.max = max;
	while (stream_next(in, &r))
		if (r.is_header) {
			agree_check(&agree, &r);
			if (agree.headers == 1)
				take_header(m, &r);
		} else {
			take_record(m, &r, agree.headers, &cells);
		}
	if (!m->count)
		die("no sentence came in");
	for (long i = 0; i < m->count; i++)
		finish_sentence(m, &m->at[i]);
	return m;
}

long token_site_end(const struct token_sentence *s, const struct token_site *site, long row)
{
	long seen = s->row[row].position + 1;

	return site->past_only && seen < site->positions ? seen : site->positions;
}

double token_site_sum(const struct token_site *site, long row)
{
	double sum = 0;

	for (long p = 0; p < site->positions; p++)
		sum += site->share[row * site->positions + p];
	return sum;
}

static const char *name(const char *piece, long number, long most, struct arena *a)
{
	return piece ? label_cut(a, piece, most) : arena_printf(a, "%ld", number);
}

const char *token_row_name(const struct token_sentence *s, long row, long most, struct arena *a)
{
	const char *both = s->predicted[row], *second = both ? strstr(both, " - ") : NULL;

	if (second) /* a difference: neither name makes the other one disappear */
		return arena_printf(a, "%s - %s",
			label_cut(a, arena_text(a, both, (size_t)(second - both)), most),
			label_cut(a, second + 3, most));
	return name(s->predicted[row], s->row[row].step, most, a);
}

const char *token_column_name(
	const struct token_site *site, long position, long most, struct arena *a)
{
	return name(site->pieces ? site->pieces[position] : NULL, position, most, a);
}
