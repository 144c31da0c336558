/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/rank.h"

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

/* The units of all sites, ordered as the shares are. */
static void make_units(struct ranking *r, const struct shares *s, bool groups)
{
	r->units = must_alloc((size_t)s->count, sizeof *r->units);
	for (long i = 0; i < s->count;) {
		long size = groups ? shares_group(s, i) : 1, end = shares_site_end(s, i);

		for (; i < end; i += size)
			r->units[r->count++] = (struct rank_unit){ .first = i, .size = size };
	}
}

static long scope_end(const struct shares *s, enum rank_per per, long i)
{
	return per == PER_LAYER	 ? shares_site_end(s, i)
	       : per == PER_KIND ? shares_kind_end(s, i)
				 : s->count;
}

/* How many of a scope are kept; more than there are cannot be chosen. */
static long to_keep(const struct rank_rule *rule, const char *site, long units)
{
	long chosen = rule->prune >= 0 ? rule->prune : rule->keep;

	if (chosen < 0)
		return units;
	if (chosen > units)
		die("%ld %s cannot be %s: from %s on there are %ld to choose from", chosen,
			rule->groups ? "groups" : "heads", rule->prune >= 0 ? "pruned" : "kept",
			site, units);
	return rule->prune >= 0 ? units - chosen : chosen;
}

static void make_scopes(struct ranking *r, const struct shares *s, const struct rank_rule *rule)
{
	r->scopes = must_alloc((size_t)r->count, sizeof *r->scopes);
	for (long from = 0, to = 0; from < r->count; from = to) {
		long first = r->units[from].first, end = scope_end(s, rule->per, first);

		while (to < r->count && r->units[to].first < end)
			to++;
		r->scopes[r->scope_count++] = (struct rank_scope){ from, to,
			to_keep(rule, s->at[first].site, to - from) };
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

struct ranking *rank_shares(const struct shares *s, const struct rank_rule *rule)
{
	struct ranking *r = must_alloc(1, sizeof *r);
	double *mean = must_alloc((size_t)s->count, sizeof *mean);
	struct scored *sorted = must_alloc((size_t)s->count, sizeof *sorted);

	*r = (struct ranking){ .chosen = rule->prune >= 0 || rule->keep >= 0 };
	make_units(r, s, rule->groups);
	make_scopes(r, s, rule);
	r->order = must_alloc((size_t)r->count, sizeof *r->order);
	for (long i = 0; i < s->count; i++)
		mean[i] = s->at[i].mean;
	sort_units(r, mean, sorted);
	for (long i = 0; i < r->scope_count; i++) {
		const struct rank_scope *c = &r->scopes[i];

		for (long k = c->from; k < c->to; k++) {
			struct rank_unit *u = &r->units[sorted[k].unit];

			r->order[k] = sorted[k].unit;
			u->score = sorted[k].score;
			u->rank = k - c->from + 1;
			u->kept = u->rank <= c->keep;
		}
	}
	free(sorted);
	free(mean);
	return r;
}

void rank_bootstrap(
	struct ranking *r, const struct shares *s, struct resample *x, long samples, long seed)
{
	double *mean = must_alloc((size_t)s->count, sizeof *mean);
	struct scored *sorted = must_alloc((size_t)r->count, sizeof *sorted);
	uint64_t state = (uint64_t)seed;

	r->samples = samples;
	for (long n = 0; n < samples; n++) {
		resample_draw(x, &state, mean);
		sort_units(r, mean, sorted);
		for (long i = 0; i < r->scope_count; i++)
			for (long k = 0; k < r->scopes[i].keep; k++)
				r->units[sorted[r->scopes[i].from + k].unit].samples++;
	}
	free(sorted);
	free(mean);
}
