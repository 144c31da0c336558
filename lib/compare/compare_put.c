/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "compare/compare_write.h"
#include "show/compare.h"

/* Of one side alone: what is not the other's too is said in its map. */
static const char *const own_facts[] = { "model", "rule", "start", "norm", "measure" };
/* Keys of a header that are not those of the comparison, whatever the other side has. */
static const char *const never[] = { "type", "format", "version", "content", "history", "left_out",
	"cut", "until", "model" };

enum { OWN = sizeof own_facts / sizeof *own_facts, NEVER = sizeof never / sizeof *never };

static bool same(const msgpack_object *a, const msgpack_object *b)
{
	struct comparison c = { .tolerance = 0 };

	return a && b && compare_objects(&c, "", a, b);
}

/* As above, the file of the checkpoint too. */
static bool same_model(const msgpack_object *a, const msgpack_object *b)
{
	const msgpack_object *x, *y;

	if (!same(a, b) || a->type != MSGPACK_OBJECT_MAP)
		return false;
	x = map_find(a, "checkpoint");
	y = map_find(b, "checkpoint");
	return x ? same(x, y) : !y;
}

static bool is_among(const msgpack_object *key, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (object_is(key, names[i]))
			return true;
	return false;
}

/* Entries of the map `a` that `b` has too, with the same values, but for some; *count without a draft. */
static int put_common(struct draft *d, const msgpack_object *a, const msgpack_object *b,
	const char *const *but, int but_count, struct arena *arena)
{
	int count = 0;

	for (uint32_t i = 0; i < a->via.map.size; i++) {
		const msgpack_object_kv *kv = &a->via.map.ptr[i];
		const char *key;

		if (kv->key.type != MSGPACK_OBJECT_STR || is_among(&kv->key, but, but_count))
			continue;
		key = object_text(&kv->key, "key", arena);
		if (!same(&kv->val, map_find(b, key)))
			continue;
		if (d)
			draft_object(d, key, &kv->val);
		count++;
	}
	return count;
}

/* What both models have: sizes, mostly. The heads that are not in the comparison are its own. */
static void put_model(struct draft *d, const struct head_comparison *c)
{
	static const char *const but[] = { "pruned", "kv_heads" };
	const struct record *a = &c->a->header, *b = &c->b->header;
	const msgpack_object *x = record_find(a, "model"), *y = record_find(b, "model");
	/* Without the same heads taken out there are no groups. */
	bool groups = !c->a->pruned == !c->b->pruned &&
		      (!c->a->pruned || !strcmp(c->a->pruned, c->b->pruned));
	int count = 0;

	if (x && y && (x->type != MSGPACK_OBJECT_MAP || y->type != MSGPACK_OBJECT_MAP))
		x = NULL;
	if (x && y)
		count = put_common(NULL, x, y, but, groups ? 1 : 2, a->arena);
	if (!count && !c->heads->pruned)
		return;
	draft_map(d, "model", count + (c->heads->pruned != NULL));
	if (count)
		put_common(d, x, y, but, groups ? 1 : 2, a->arena);
	if (c->heads->pruned)
		draft_text(d, "pruned", c->heads->pruned);
}

/* Is this one of the facts that are said of each side alone? */
static bool is_own(const struct head_comparison *c, const char *key)
{
	const msgpack_object *x = record_find(&c->a->header, key);
	const msgpack_object *y = record_find(&c->b->header, key);

	return strcmp(key, "model") ? !same(x, y) : !same_model(x, y);
}

static void put_texts(struct draft *d, const char *key, const struct one_side *names)
{
	draft_list(d, key, (int)names->count);
	for (long i = 0; i < names->count; i++)
		draft_text(d, NULL, names->name[i]);
}

/* Sums over the site that has the most sentences. */
static struct site_counts largest_counts(const struct head_comparison *c)
{
	struct site_counts most = { .steps_a = 0 };

	for (long i = 0; i < c->heads->count; i++) {
		struct site_counts n = difference_counts(&c->heads->at[i], c->sentences);

		if (n.sentences_a + n.sentences_b > most.sentences_a + most.sentences_b)
			most = n;
	}
	return most;
}

static void put_side(struct draft *d, const struct head_comparison *c, bool is_a)
{
	const struct compared_side *s = is_a ? c->a : c->b;
	const struct one_side *only = is_a ? &c->heads->only_a : &c->heads->only_b;
	const struct record *h = &s->header;
	struct site_counts n = largest_counts(c);
	const msgpack_object *history = record_find(h, "history");
	long out = is_a ? c->sentences->left_out_a : c->sentences->left_out_b;
	long cut = averages_cut(&s->all);
	int count = 5 + (history && !is_a) + (only->count > 0) + (out > 0) + (cut > 0) +
		    (s->left_out.count > 0);

	for (int i = 0; i < OWN; i++)
		count += record_has(h, own_facts[i]) && is_own(c, own_facts[i]);
	draft_map(d, is_a ? "a" : "b", count);
	draft_text(d, "name", is_a ? c->name_a : c->name_b);
	draft_text(d, "file", s->file);
	draft_text(d, "content", s->has_sentences ? "heads" : "average");
	draft_int(d, "sentences", is_a ? n.sentences_a : n.sentences_b);
	draft_int(d, "steps", is_a ? n.steps_a : n.steps_b);
	if (out)
		draft_int(d, "unpaired", out);
	if (only->count)
		put_texts(d, "only", only);
	if (cut)
		draft_int(d, "cut", cut);
	left_out_draft((struct left_out_counts *)&s->left_out, d);
	for (int i = 0; i < OWN; i++)
		if (record_has(h, own_facts[i]) && is_own(c, own_facts[i]))
			draft_object(d, own_facts[i], record_find(h, own_facts[i]));
	if (history && !is_a)
		draft_object(d, "history", history);
}

static void put_compared(struct draft *d, const struct head_comparison *c)
{
	draft_map(d, "compared", 3 + (c->sentences->why != NULL));
	draft_bool(d, "paired", c->sentences->paired);
	if (c->sentences->why)
		draft_text(d, "why", c->sentences->why);
	put_side(d, c, true);
	put_side(d, c, false);
}

static bool has_value(const struct agreement_row *r, enum agreement_measure measure)
{
	return r->measure == measure && !isnan(r->value);
}

/* [value, low, high], or [value]. */
static void put_row(struct draft *d, const char *key, const struct agreement_row *r)
{
	bool interval = !isnan(r->low);

	draft_list(d, key, interval ? 3 : 1);
	draft_real(d, NULL, r->value);
	if (interval) {
		draft_real(d, NULL, r->low);
		draft_real(d, NULL, r->high);
	}
}

static void put_measure(struct draft *d, const struct agreement *g, enum agreement_measure f)
{
	int own = 0, kinds = 0;

	for (long i = 0; i < g->rows; i++)
		if (has_value(&g->row[i], f))
			*(g->row[i].among == AGREE_KIND ? &kinds : &own) += 1;
	draft_map(d, agreement_names[f], own + (kinds > 0));
	for (long i = 0; i < g->rows; i++)
		if (has_value(&g->row[i], f) && g->row[i].among != AGREE_KIND)
			put_row(d, g->row[i].among == AGREE_ALL ? "all" : "layer", &g->row[i]);
	if (kinds)
		draft_map(d, "kinds", kinds);
	for (long i = 0; i < g->rows; i++)
		if (has_value(&g->row[i], f) && g->row[i].among == AGREE_KIND)
			put_row(d, g->row[i].kind, &g->row[i]);
}

static void put_agreement(struct draft *d, const struct agreement *g)
{
	draft_map(d, "agreement", 1 + (g->intervals ? 2 : 0) + AGREE_MEASURES);
	draft_int(d, "top", g->top);
	if (g->intervals) {
		draft_int(d, "samples", g->samples);
		draft_int(d, "seed", g->seed);
	}
	for (enum agreement_measure f = AGREE_SPEARMAN; f < AGREE_MEASURES; f++)
		put_measure(d, g, f);
}

/* A header with what both have in common, and A's history. */
static struct record common_header(const struct head_comparison *c)
{
	const struct record *a = &c->a->header, *b = &c->b->header;
	struct draft *d = draft_new();

	draft_begin(d, "header");
	if (record_has(a, "history"))
		draft_object(d, "history", record_find(a, "history"));
	put_common(d, &a->map, &b->map, never, NEVER, a->arena);
	put_model(d, c);
	return compared_record(d);
}

/* One number of each head of a site. */
static void put_numbers(struct draft *d, const char *key, const struct matched_site *s,
	const void *first, size_t stride, double *scratch)
{
	for (long h = 0; h < s->heads; h++)
		scratch[h] = *(const double *)((const char *)first + (size_t)h * stride);
	draft_doubles(d, key, scratch, 1, s->heads);
}

static void put_site(struct outstream *out, const struct head_comparison *c,
	const struct matched_site *s, double *scratch)
{
	const struct head_difference *x = c->difference + s->first;
	struct site_counts n = difference_counts(s, c->sentences);
	struct draft *d = stream_draft(out, "average");
	size_t stride = sizeof *x;

	draft_text(d, "site", s->a->site);
	draft_int(d, "heads", s->heads);
	draft_int(d, "steps", n.steps_a);
	draft_int(d, "sentences", n.sentences_a);
	draft_int(d, "steps_b", n.steps_b);
	draft_int(d, "sentences_b", n.sentences_b);
	put_numbers(d, "mean", s, &x->difference, stride, scratch);
	if (x->spread) {
		put_numbers(d, "error", s, &x->error, stride, scratch);
		put_numbers(d, "low", s, &x->low, stride, scratch);
		put_numbers(d, "high", s, &x->high, stride, scratch);
	}
	put_numbers(d, "mean_a", s, &x->a, stride, scratch);
	put_numbers(d, "mean_b", s, &x->b, stride, scratch);
	if (c->adjusted && x->spread)
		put_numbers(d, "p_holm", s, c->adjusted + s->first, sizeof(double), scratch);
	stream_put(out, d);
}

void compare_put(struct outstream *out, const struct head_comparison *c)
{
	struct record common = common_header(c);
	struct draft *d = stream_header_draft(out, &common, NULL);
	double *scratch = must_alloc((size_t)c->heads->heads, sizeof *scratch);

	put_compared(d, c);
	put_agreement(d, c->agreement);
	stream_begin(out, d);
	for (long i = 0; i < c->heads->count; i++)
		put_site(out, c, &c->heads->at[i], scratch);
	free(scratch);
}
