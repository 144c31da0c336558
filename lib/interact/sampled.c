/* SPDX-License-Identifier: Apache-2.0 */
#include "interact/sampled.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "stream/left_out.h"

void sampled_check_header(const struct record *r)
{
	const msgpack_object *rule = record_find(r, "rule"), *start = record_find(r, "start");
	const msgpack_object *name =
		rule && rule->type == MSGPACK_OBJECT_MAP ? map_find(rule, "name") : NULL;

	if (!name || !object_is(name, "gradient") || !start ||
		!strstr(object_text(start, "start", r->arena), "loss"))
		die("these are no gradients of a loss; make them with head-carry -r gradient -s loss "
		    "-t sample:1");
}

static struct sampled_site *find_site(struct sampled *s, const char *site, long heads)
{
	for (int i = 0; i < s->count; i++)
		if (strcmp(s->site[i].site, site) == 0) {
			if (s->site[i].heads != heads)
				die("site %s has %ld heads here but %ld before", site, heads,
					s->site[i].heads);
			return &s->site[i];
		}
	if (s->count == s->room) {
		s->room = 2 * s->room + 16;
		s->site = must_realloc(s->site, (size_t)s->room, sizeof *s->site);
	}
	s->site[s->count] =
		(struct sampled_site){ .site = arena_text(&s->arena, site, strlen(site)),
			.heads = heads };
	return &s->site[s->count++];
}

/* Which steps all rows of a site are, when a record of them comes. */
static void note_steps(struct sampled *s, struct sampled_site *t, const struct drawn *d)
{
	bool first = t->rows == 0;

	drawn_add(&t->sum, d, s->sentence, t->site);
	if (first) {
		int *step = arena_array(&s->arena, (size_t)d->count, sizeof *step);

		t->drawn = *d;
		for (long i = 0; i < d->count; i++)
			step[i] = d->step[i];
		t->drawn.step = d->count ? step : NULL;
	} else {
		t->drawn.rows += d->rows;
	}
}

static void keep_rows(struct sampled_site *t, const double *y, long rows)
{
	if (t->rows + rows > t->room) {
		t->room = 2 * t->room + rows;
		t->y = must_realloc(t->y, (size_t)(t->room * t->heads), sizeof *t->y);
	}
	memcpy(t->y + t->rows * t->heads, y, (size_t)(rows * t->heads) * sizeof *y);
	t->rows += rows;
}

void sampled_take(struct sampled *s, const struct record *r)
{
	struct tensor y = record_tensor(r, "relevance");

	tensor_expect(&y, "relevance", 2, -1L, -1L);
	if (y.shape[0] < 1)
		die("a record without steps");
	if (s->count && s->sentence != record_int(r, "sentence"))
		sampled_close(s);
	s->sentence = record_int(r, "sentence");
	s->cut |= cut_is(r);
	struct sampled_site *t = find_site(s, record_text(r, "site"), y.shape[1]);
	struct drawn d = record_drawn(r, y.shape[0]);

	note_steps(s, t, &d);
	keep_rows(t, tensor_doubles(&y, r->arena, "relevance"), y.shape[0]);
}

/* The heads of all sites, of which each must have all steps. */
static struct named_head *list_heads(struct sampled *s, long *count)
{
	struct named_head *head;

	*count = 0;
	for (int i = 0; i < s->count; i++) {
		if (s->site[i].rows != s->site[0].rows)
			die("sentence %ld: site %s has %ld steps, site %s %ld", s->sentence,
				s->site[i].site, s->site[i].rows, s->site[0].site, s->site[0].rows);
		*count += s->site[i].heads;
	}
	head = arena_array(&s->arena, (size_t)*count, sizeof *head);
	for (int i = 0, at = 0; i < s->count; i++)
		for (long h = 0; h < s->site[i].heads; h++)
			head[at++] = (struct named_head){ s->site[i].site, h };
	return head;
}

/* y [heads] of one step */
static void gather(const struct sampled *s, long step, const long *place, double *y)
{
	for (int i = 0, at = 0; i < s->count; i++)
		for (long h = 0; h < s->site[i].heads; h++)
			y[place[at++]] = s->site[i].y[step * s->site[i].heads + h];
}

static void add_sentence(struct sampled *s)
{
	long n;
	struct named_head *head = list_heads(s, &n);
	long *place = arena_array(&s->arena, (size_t)n, sizeof *place);

	interactions_heads(s->to, head, n, place);
	double *y = arena_array(&s->arena, (size_t)n, sizeof *y);
	double *g = arena_array(&s->arena, (size_t)(n * n), sizeof *g);

	interactions_begin(s->to, s->sentence, &s->site[0].drawn, s->cut);
	for (long step = 0; step < s->site[0].rows; step++) {
		gather(s, step, place, y);
		for (long h = 0; h < n; h++)
			for (long k = 0; k <= h; k++)
				g[h * n + k] = y[h] * y[k];
		interactions_add(s->to, g, NULL, 0);
	}
	interactions_close(s->to);
}

void sampled_close(struct sampled *s)
{
	if (!s->count)
		return;
	add_sentence(s);
	for (int i = 0; i < s->count; i++)
		free(s->site[i].y);
	s->count = 0;
	s->cut = false;
	arena_reset(&s->arena);
}
