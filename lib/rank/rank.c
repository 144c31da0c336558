/* SPDX-License-Identifier: Apache-2.0 */
#include "rank/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

/* A unit on its way to its place. */
struct scored {
	double score;
	long unit;
};

static int most_first(const void *a, const void *b)
{
	const struct scored *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->unit > y->unit) - (x->unit < y->unit);
}

struct rank_amount rank_amount_parse(const char *option, const char *text)
{
	struct rank_amount a = { .given = text != NULL };
	char *end = NULL;
	bool plain = text && strspn(text, "0123456789.") + 1 >= strlen(text);

	if (!text)
		return a;
	a.value = strtod(text, &end);
	a.percent = strcmp(end, "%") == 0;
	if (!plain || end == text || (!a.percent && (*end || strchr(text, '.'))) ||
		a.value > (a.percent ? 100 : 1e9))
		die_usage("option '%s' takes a whole number of heads or a percentage from 0%% to "
			  "100%%, as in 30%%, not '%s'",
			option, text);
	return a;
}

/* The units of all sites, ordered as the shares are, and what each layer keeps of them. */
static void make_units(struct ranking *r, const struct head_shares *s, const struct rank_rule *rule)
{
	r->units = must_alloc((size_t)s->count, sizeof *r->units);
	r->leave = must_alloc((size_t)s->count, sizeof *r->leave);
	for (long i = 0; i < s->count; r->layer_count++) {
		long size = rule->groups ? shares_group(s, i) : 1, end = shares_site_end(s, i);
		long units = (end - i) / size, least = (rule->leave + size - 1) / size;

		r->leave[r->layer_count] = least < units ? least : units;
		for (; i < end; i += size)
			r->units[r->count++] = (struct rank_unit){
				.first = i, .size = size, .layer = r->layer_count
			};
	}
}

static long scope_end(const struct head_shares *s, enum rank_per per, long i)
{
	return per == PER_LAYER	 ? shares_site_end(s, i)
	       : per == PER_KIND ? shares_kind_end(s, i)
				 : s->count;
}

/* The number pruned of a scope. Of percent the nearest; of two as near the smaller one. */
static double to_prune(const struct rank_rule *rule, long units)
{
	if (rule->prune.given)
		return rule->prune.percent ? ceil(rule->prune.value * (double)units / 100 - 0.5)
					   : rule->prune.value;
	if (rule->keep.given)
		return rule->keep.percent
			       ? ceil((100 - rule->keep.value) * (double)units / 100 - 0.5)
			       : (double)units - rule->keep.value;
	return 0;
}

/* How many of the scope from .. to-1 are kept; what cannot be chosen is an error. */
static long to_keep(const struct ranking *r, const struct head_shares *s,
	const struct rank_rule *rule, long from, long to)
{
	const char *what = rule->groups ? "groups" : "heads",
		   *site = s->at[r->units[from].first].site;
	long units = to - from, leave = 0, layers = 0;
	double pruned = to_prune(rule, units);

	if (pruned < 0 || pruned > (double)units)
		die("%.0f %s cannot be %s: from %s on there are %ld to choose from",
			rule->prune.given ? rule->prune.value : rule->keep.value, what,
			rule->prune.given ? "pruned" : "kept", site, units);
	for (long u = from; u < to; u++)
		if (u == from || r->units[u].layer != r->units[u - 1].layer) {
			leave += r->leave[r->units[u].layer];
			layers++;
		}
	if (pruned > (double)(units - leave))
		die("%.0f %s cannot be pruned: from %s on there are %ld in %ld layers, and --leave "
		    "%ld keeps %ld of them",
			pruned, what, site, units, layers, rule->leave, leave);
	return units - (long)pruned;
}

static void make_scopes(
	struct ranking *r, const struct head_shares *s, const struct rank_rule *rule)
{
	r->scopes = must_alloc((size_t)r->count, sizeof *r->scopes);
	for (long from = 0, to = 0; from < r->count; from = to) {
		long end = scope_end(s, rule->per, r->units[from].first);

		while (to < r->count && r->units[to].first < end)
			to++;
		r->scopes[r->scope_count++] =
			(struct rank_scope){ from, to, to_keep(r, s, rule, from, to) };
	}
}

static double score(const struct rank_unit *u, const double *mean)
{
	double sum = 0;

	for (long i = u->first; i < u->first + u->size; i++)
		sum += mean[i];
	return sum;
}

/* Sort the units of each scope by the means of their heads. */
static void sort_units(const struct ranking *r, const double *mean, struct scored *to)
{
	for (long u = 0; u < r->count; u++)
		to[u] = (struct scored){ score(&r->units[u], mean), u };
	for (long i = 0; i < r->scope_count; i++) {
		const struct rank_scope *c = &r->scopes[i];

		qsort(to + c->from, (size_t)(c->to - c->from), sizeof *to, most_first);
	}
}

/* Which units are kept when they are sorted so: flags, one a unit. `left` [layers] is for counts.
 */
static void choose(const struct ranking *r, const struct scored *sorted, long *left, bool *kept)
{
	memset(left, 0, (size_t)r->layer_count * sizeof *left);
	for (long i = 0; i < r->scope_count; i++) {
		const struct rank_scope *c = &r->scopes[i];
		long count = 0;

		for (long k = c->from; k < c->to; k++) {
			const struct rank_unit *u = &r->units[sorted[k].unit];

			kept[sorted[k].unit] = left[u->layer]++ < r->leave[u->layer];
			count += kept[sorted[k].unit];
		}
		for (long k = c->from; k < c->to && count < c->keep; k++) {
			count += !kept[sorted[k].unit];
			kept[sorted[k].unit] = true;
		}
	}
}

/* What is needed to rank once, and again for each bootstrap sample. */
struct ranker {
	double *mean;
	struct scored *sorted;
	long *left;
	bool *kept;
};

static struct ranker ranker_new(const struct ranking *r, const struct head_shares *s)
{
	return (struct ranker){ must_alloc((size_t)s->count, sizeof(double)),
		must_alloc((size_t)r->count, sizeof(struct scored)),
		must_alloc((size_t)r->layer_count, sizeof(long)),
		must_alloc((size_t)r->count, sizeof(bool)) };
}

static void ranker_free(struct ranker *x)
{
	free(x->mean);
	free(x->sorted);
	free(x->left);
	free(x->kept);
}

struct ranking *rank_shares(const struct head_shares *s, const struct rank_rule *rule)
{
	struct ranking *r = must_alloc(1, sizeof *r);

	*r = (struct ranking){ .chosen = rule->prune.given || rule->keep.given };
	make_units(r, s, rule);
	make_scopes(r, s, rule);
	r->order = must_alloc((size_t)r->count, sizeof *r->order);
	struct ranker x = ranker_new(r, s);

	for (long i = 0; i < s->count; i++)
		x.mean[i] = s->at[i].place;
	sort_units(r, x.mean, x.sorted);
	choose(r, x.sorted, x.left, x.kept);
	for (long i = 0; i < r->scope_count; i++)
		for (long k = r->scopes[i].from; k < r->scopes[i].to; k++) {
			struct rank_unit *u = &r->units[x.sorted[k].unit];

			r->order[k] = x.sorted[k].unit;
			u->score = x.sorted[k].score;
			u->rank = k - r->scopes[i].from + 1;
			u->kept = x.kept[x.sorted[k].unit];
		}
	ranker_free(&x);
	return r;
}

void rank_bootstrap(
	struct ranking *r, const struct head_shares *s, struct resample *x, long samples, long seed)
{
	struct ranker y = ranker_new(r, s);
	uint64_t state = (uint64_t)seed;

	r->samples = samples;
	for (long n = 0; n < samples; n++) {
		resample_draw(x, &state, y.mean);
		sort_units(r, y.mean, y.sorted);
		choose(r, y.sorted, y.left, y.kept);
		for (long u = 0; u < r->count; u++)
			r->units[u].samples += y.kept[u];
	}
	ranker_free(&y);
}
