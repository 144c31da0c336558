/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "show/columns.h"
#include "show/table.h"
#include "record/text.h"

/* The site of a record, right in a column. */
static void put_site(FILE *to, const char *name)
{
	fprintf(to, "%*s", 12 - (int)strnlen(name, 12), "");
	put_plain(to, name, strnlen(name, 255));
}

static const char *site_of(const struct record *r)
{
	const msgpack_object *site = record_find(r, "site");

	return site ? object_text(site, "site", r->arena) : "-";
}

static bool text_heads(struct show *s, const struct record *r)
{
	struct tensor t;

	if (!table_tensor(r, "relevance", 2, &t))
		return false;

	const char *site = site_of(r);
	long sentence = table_int(r, "sentence", -1);
	struct drawn steps = table_steps(r, t.shape[0]);

	table_columns(s, "sentence         site  step  relevance of head 0, 1, ...\n");
	for (size_t i = 0; i < t.count; i++) {
		if (i % (size_t)t.shape[1] == 0) {
			fprintf(s->to, "%8ld ", sentence);
			put_site(s->to, site);
			fprintf(s->to, " %5ld ", drawn_step(&steps, (long)i / t.shape[1]));
		}
		fprintf(s->to, " %10.4g%s", tensor_at(&t, i),
			(long)i % t.shape[1] == t.shape[1] - 1 ? "\n" : "");
	}
	return true;
}

static bool text_average(struct show *s, const struct record *r)
{
	struct statistics x = table_statistics(r);

	if (!x.found)
		return false;

	const char *site = site_of(r);

	table_columns(s, "        site  head       mean        low       high      error    steps  "
			 "sentences\n");
	const long *before = table_before(s, r, x.of[0].count);

	for (size_t h = 0; h < x.of[0].count; h++) {
		put_site(s->to, site);
		fprintf(s->to, " %5zu", h);
		for (int k = 0; k < TABLE_STATISTICS - 1; k++) /* without the deviation */
			if (h < x.of[k].count)
				fprintf(s->to, " %10.4g", tensor_at(&x.of[k], h));
			else
				fprintf(s->to, " %10s", "-");
		fprintf(s->to, " %8ld %10ld", x.steps, x.sentences);
		if (x.drawn < x.steps)
			fprintf(s->to, "  %ld drawn", x.drawn);
		if (before && before[h] != (long)h)
			fprintf(s->to, "  head %zu (was %ld)", h, before[h]);
		fputc('\n', s->to);
	}
	return true;
}

bool table_text(struct show *s, const struct record *r)
{
	if (strcmp(r->type, "heads") == 0)
		return text_heads(s, r);
	if (strcmp(r->type, "average") == 0)
		return text_average(s, r);
	return false;
}
