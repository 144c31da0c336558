/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "stream/table.h"
#include "stream/text.h"

static bool text_heads(struct show *s, const struct record *r)
{
	struct tensor t;

	if (!table_tensor(r, "relevance", 2, &t))
		return false;
	table_columns(s, "sentence         site  step  relevance of head 0, 1, ...\n");
	for (size_t i = 0; i < t.count; i++) {
		if (i % (size_t)t.shape[1] == 0) {
			const msgpack_object *site = record_find(r, "site");
			const char *name = site ? object_text(site, "site", r->arena) : "-";

			fprintf(s->to, "%8ld ", table_int(r, "sentence", -1));
			fprintf(s->to, "%*s", 12 - (int)strnlen(name, 12), "");
			put_plain(s->to, name, strlen(name));
			fprintf(s->to, " %5ld ", table_first_step(r) + (long)i / t.shape[1]);
		}
		fprintf(s->to, " %10.4g%s", tensor_at(&t, i),
			(long)i % t.shape[1] == t.shape[1] - 1 ? "\n" : "");
	}
	return true;
}

static void text_statistic(FILE *to, const struct record *r, const char *key, size_t h)
{
	struct tensor t;

	if (table_tensor(r, key, 1, &t) && h < t.count)
		fprintf(to, " %10.4g", tensor_at(&t, h));
	else
		fprintf(to, " %10s", "-");
}

static bool text_average(struct show *s, const struct record *r)
{
	static const char *const keys[] = { "mean", "low", "high", "error" };
	struct tensor mean;

	if (!table_tensor(r, "mean", 1, &mean))
		return false;
	table_columns(s, "        site  head       mean        low       high      error    steps  "
			 "sentences\n");
	const long *before = table_before(s, r, mean.count);

	for (size_t h = 0; h < mean.count; h++) {
		const msgpack_object *site = record_find(r, "site");
		const char *name = site ? object_text(site, "site", r->arena) : "-";

		fprintf(s->to, "%*s", 12 - (int)strnlen(name, 12), "");
		put_plain(s->to, name, strlen(name));
		fprintf(s->to, " %5zu", h);
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
			text_statistic(s->to, r, keys[k], h);
		fprintf(s->to, " %8ld %10ld", table_int(r, "steps", 0),
			table_int(r, "sentences", 0));
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
