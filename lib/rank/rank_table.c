/* SPDX-License-Identifier: Apache-2.0 */
/* What head-rank says to people: the table on a terminal, and which heads --leave has saved. */
#include <string.h>

#include "base/die.h"
#include "rank/rank_write.h"
#include "record/text.h"

enum { MOST_NAMED = 8 };

/* "enc-self.4:1", as options take it; of a group "enc-self.4:2-3". */
static const char *unit_name(
	const struct head_shares *s, const struct rank_unit *u, struct arena *a)
{
	const struct share *h = &s->at[u->first];

	return u->size == 1
		       ? arena_printf(a, "%s:%ld", h->site, h->head)
		       : arena_printf(a, "%s:%ld-%ld", h->site, h->head, h->head + u->size - 1);
}

/* The units that are kept though their rank says otherwise, or the other way round. */
static const char *name_exceptions(
	const struct ranking *r, const struct head_shares *s, bool kept, struct arena *a)
{
	const char *text = "";
	long count = 0;

	for (long i = 0; i < r->scope_count; i++)
		for (long k = r->scopes[i].from; k < r->scopes[i].to; k++) {
			const struct rank_unit *u = &r->units[r->order[k]];

			if (u->kept != kept || kept == (u->rank <= r->scopes[i].keep))
				continue;
			if (count++ < MOST_NAMED)
				text = arena_printf(
					a, "%s%s%s", text, *text ? "," : "", unit_name(s, u, a));
		}
	return count > MOST_NAMED ? arena_printf(a, "%s and %ld more", text, count - MOST_NAMED)
				  : text;
}

void rank_tell_left(const struct ranking *r, const struct head_shares *s, long leave)
{
	struct arena a = { 0 };
	const char *saved = name_exceptions(r, s, true, &a);

	if (*saved)
		warn("each layer keeps %ld (--leave): kept %s, pruned %s instead", leave, saved,
			name_exceptions(r, s, false, &a));
	arena_free(&a);
}

/* A head in the table, with its number before any was taken out of the model, where that is
 * another. */
static const char *head_name(const struct share *h, struct arena *a)
{
	return h->was == h->head ? arena_printf(a, "%s:%ld", h->site, h->head)
				 : arena_printf(a, "%s:%ld (was %ld)", h->site, h->head, h->was);
}

static void put_row(FILE *to, const struct ranking *r, const struct rank_unit *u,
	const struct share *h, int width, struct arena *a)
{
	const char *name = head_name(h, a);

	put_plain(to, name, strlen(name));
	fprintf(to, "%*s %10.4g", width - (int)strlen(name), "", h->mean);
	if (h->spread)
		fprintf(to, " %10.4g %10.4g %10.4g", h->low, h->high, h->error);
	else
		fprintf(to, " %10s %10s %10s", "", "", "");
	fprintf(to, " %5ld", u->rank);
	if (r->chosen)
		fprintf(to, "  %5s", u->kept ? "keep" : "prune");
	if (r->samples)
		fprintf(to, "  %6.4f", (double)u->samples / (double)r->samples);
	fputc('\n', to);
}

void rank_write_table(FILE *to, const struct head_shares *s, const struct ranking *r, bool bare)
{
	struct arena a = { 0 };
	int width = 8;

	(void)bare;
	for (long i = 0; i < s->count; i++) {
		int length = (int)strlen(head_name(&s->at[i], &a));

		width = length > width ? length : width;
	}
	fprintf(to, "%-*s %10s %10s %10s %10s  rank%s\n", width, "head", "mean", "low", "high",
		"error", r->samples ? "            top" : "");
	for (long k = 0; k < r->count; k++) {
		const struct rank_unit *u = &r->units[r->order[k]];

		for (long i = u->first; i < u->first + u->size; i++)
			put_row(to, r, u, &s->at[i], width, &a);
	}
	arena_free(&a);
}
