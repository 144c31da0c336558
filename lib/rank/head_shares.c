/* SPDX-License-Identifier: Apache-2.0 */
#include "rank/head_shares.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "stat/agree.h"
#include "record/site.h"
#include "record/group.h"
#include "record/pruned.h"

enum {
	MAX_LAYERS = 4096,
	MAX_HEADS = 1 << 16,
	MAX_ALL_HEADS = 1 << 18,
	MAX_KINDS = 64,
	MAX_NAME = 255
};

/* A text of a map, where it is there and is text. */
static const char *text_of(struct head_shares *s, const msgpack_object *map, const char *key)
{
	const msgpack_object *o = map ? map_find(map, key) : NULL;

	return o && o->type == MSGPACK_OBJECT_STR ? object_text(o, key, &s->arena) : NULL;
}

static long layers_of(const msgpack_object *model)
{
	if (!model || !map_find(model, "layers"))
		return 0;

	long n = map_int(model, "model", "layers");

	if (n < 1 || n > MAX_LAYERS)
		die("the model has %ld layers; 1 to %d are possible", n, MAX_LAYERS);
	return n;
}

/* What the heads are differences of; NULL: they are none. */
static const char *compared_text(struct head_shares *s, const struct record *r)
{
	const msgpack_object *map = record_has(r, "compared") ? record_map(r, "compared") : NULL;
	const msgpack_object *paired = map ? map_find(map, "paired") : NULL;
	const msgpack_object *a = map ? map_find(map, "a") : NULL,
			     *b = map ? map_find(map, "b") : NULL;
	bool in_pairs = paired && paired->type == MSGPACK_OBJECT_BOOLEAN && paired->via.boolean;

	if (!map)
		return NULL;
	if (!a || a->type != MSGPACK_OBJECT_MAP || !b || b->type != MSGPACK_OBJECT_MAP)
		die("'compared' has to have the maps 'a' and 'b'");
	const char *names =
		arena_printf(&s->arena, "%s minus %s", map_text(a, "compared", "name", &s->arena),
			map_text(b, "compared", "name", &s->arena));
	long sentences = in_pairs ? map_int(a, "compared", "sentences") : 0;

	return in_pairs ? arena_printf(&s->arena, "%s, %ld sentence%s in pairs", names, sentences,
				  sentences == 1 ? "" : "s")
			: arena_printf(&s->arena, "%s, unpaired", names);
}

static void take_header(struct head_shares *s, const struct record *r)
{
	const msgpack_object *model = record_has(r, "model") ? record_map(r, "model") : NULL;
	const msgpack_object *rule = record_find(r, "rule");

	s->layers = layers_of(model);
	s->group = model_group(r);
	s->model = text_of(s, model, "name");
	if (pruned_heads(r))
		s->pruned = arena_text(&s->arena, pruned_heads(r), strlen(pruned_heads(r)));
	s->norm = text_of(s, &r->map, "norm");
	s->measure = text_of(s, &r->map, "measure");
	s->start = text_of(s, &r->map, "start");
	s->greedy = record_has(r, "greedy");
	s->compared = compared_text(s, r);
	if (rule && rule->type == MSGPACK_OBJECT_MAP)
		s->rule = text_of(s, rule, "name");
}

/* "enc-self.4" into kind and layer. */
static void split_site(struct head_shares *s, const char *site, struct share *to)
{
	const char *dot = strrchr(site, '.'), *digits = dot ? dot + 1 : "";
	size_t n = strlen(digits);

	if (strlen(site) > MAX_NAME)
		die("a site's name of %zu bytes", strlen(site));
	if (!dot || dot == site || !n || n > 4 || strspn(digits, "0123456789") != n ||
		(n > 1 && *digits == '0') || strtol(digits, NULL, 10) >= MAX_LAYERS)
		die("site '%s' is no layer of attention, such as 'enc-self.4'", site);
	to->site = arena_text(&s->arena, site, strlen(site));
	to->kind = arena_text(&s->arena, site, (size_t)(dot - site));
	to->layer = strtol(digits, NULL, 10);
}

static struct share *more(struct head_shares *s, long count)
{
	if (s->count + count > s->room) {
		s->room = 2 * s->room + count;
		s->at = must_realloc(s->at, (size_t)s->room, sizeof *s->at);
	}
	s->count += count;
	return s->at + s->count - count;
}

static const double *numbers(const struct record *r, const char *key, long heads)
{
	struct tensor t = record_tensor(r, key);

	tensor_expect(&t, key, 1, heads);
	return tensor_doubles(&t, r->arena, key);
}

static void take_average(struct head_shares *s, const struct record *r, struct share site)
{
	long heads = record_int(r, "heads"), steps = record_int(r, "steps"),
	     sentences = record_int(r, "sentences");

	if (heads < 1 || heads > MAX_HEADS)
		die("site %s has %ld heads; 1 to %d are possible", site.site, heads, MAX_HEADS);
	if (s->count + heads > MAX_ALL_HEADS)
		die("site %s: more than %d heads at all sites together", site.site, MAX_ALL_HEADS);
	if (sentences < 1 || steps < sentences)
		die("site %s: %ld steps of %ld sentences cannot be", site.site, steps, sentences);
	site.spread = record_has(r, "error");

	const double *mean = numbers(r, "mean", heads);
	const double *error = site.spread ? numbers(r, "error", heads) : mean;
	const double *low = site.spread ? numbers(r, "low", heads) : mean;
	const double *high = site.spread ? numbers(r, "high", heads) : mean;
	const double *place = record_has(r, "place") ? numbers(r, "place", heads) : mean;
	struct share *to = more(s, heads);
	long *was = arena_array(r->arena, (size_t)heads, sizeof *was);

	pruned_numbers(s->pruned, site.site, heads, was);
	for (long h = 0; h < heads; h++) {
		to[h] = site;
		to[h].head = h;
		to[h].was = was[h];
		to[h].mean = mean[h];
		to[h].place = place[h];
		to[h].error = error[h];
		to[h].low = low[h];
		to[h].high = high[h];
		if (!(low[h] <= mean[h] && mean[h] <= high[h] && (error[h] >= 0 || !site.spread)))
			die("site %s: head %ld has the mean %g, the error %g, the interval %g to "
			    "%g",
				site.site, h, mean[h], error[h], low[h], high[h]);
	}
	s->steps = steps > s->steps ? steps : s->steps;
	s->sentences = sentences > s->sentences ? sentences : s->sentences;
}

static int compare(const void *a, const void *b)
{
	const struct share *x = a, *y = b;
	int sites = x->site == y->site ? 0 : site_compare(x->site, y->site);

	return sites ? sites : (x->head > y->head) - (x->head < y->head);
}

/* In the sorted list: a site comes once, and of kinds there are few. */
static void check_sites(const struct head_shares *s)
{
	long kinds = 0;

	for (long i = 1; i < s->count; i++)
		if (s->at[i].site != s->at[i - 1].site && !strcmp(s->at[i].site, s->at[i - 1].site))
			die("site %s comes twice; merge averages with step-average", s->at[i].site);
	for (long i = 0; i < s->count && ++kinds; i = shares_kind_end(s, i))
		if (kinds > MAX_KINDS)
			die("more than %d kinds of attention, '%s' among them", MAX_KINDS,
				s->at[i].kind);
}

struct head_shares *shares_read(struct instream *in, const char *kind)
{
	struct head_shares *s = must_alloc(1, sizeof *s);
	struct agree agree = { .headers = 0 };
	struct share site = { .site = NULL };
	struct record r;

	memset(s, 0, sizeof *s);
	s->unit = s->group = 1;
	while (stream_next(in, &r)) {
		if (r.is_header) {
			agree_check(&agree, &r);
			if (agree.headers == 1)
				take_header(s, &r);
			continue;
		}
		split_site(s, record_text(&r, "site"), &site);
		if (!kind || !strcmp(kind, site.kind))
			take_average(s, &r, site);
	}
	if (!s->count && kind && site.kind)
		die("no heads of the kind '%s' came in; --kind takes one of those that did, such as '%s'",
			kind, site.kind);
	if (!s->count)
		die("no averages came in");
	qsort(s->at, (size_t)s->count, sizeof *s->at, compare);
	check_sites(s);
	return s;
}

long shares_site_end(const struct head_shares *s, long i)
{
	const char *site = s->at[i].site;

	while (i < s->count && s->at[i].site == site)
		i++;
	return i;
}

long shares_kind_end(const struct head_shares *s, long i)
{
	const char *kind = s->at[i].kind;

	while (i < s->count && !strcmp(s->at[i].kind, kind))
		i = shares_site_end(s, i);
	return i;
}

long shares_group(const struct head_shares *s, long i)
{
	long group = s->group;
	long heads = shares_site_end(s, i) - (i - s->at[i].head);

	if (heads % group)
		die("site %s has %ld heads, which are no groups of %ld", s->at[i].site, heads,
			group);
	return group;
}

void shares_group_all(struct head_shares *s)
{
	long count = 0;

	for (long i = 0; i < s->count;) {
		long group = shares_group(s, i), end = i + group;
		struct share sum = s->at[i];

		for (i++; i < end; i++)
			sum.mean += s->at[i].mean;
		sum.was = sum.head = sum.head / group;
		sum.spread = sum.spread && group == 1;
		s->at[count++] = sum;
		s->unit = group;
	}
	s->count = count;
}

void shares_matrix(const struct head_shares *s, long from, long to, long *layers, long *heads)
{
	*layers = strcmp(s->at[from].kind, "enc-self") ? 0 : s->layers;
	*heads = 0;
	for (long i = from; i < to; i++) {
		if (s->at[i].layer >= *layers)
			*layers = s->at[i].layer + 1;
		if (s->at[i].head >= *heads)
			*heads = s->at[i].head + 1;
	}
}
