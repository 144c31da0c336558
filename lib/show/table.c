/* SPDX-License-Identifier: Apache-2.0 */
#include "show/table.h"

#include <ctype.h>
#include <string.h>

#include "show/columns.h"
#include "show/json.h"

#define AVERAGE_COLUMNS "site\tlayer\thead\tmean\tlow\thigh\terror\tdeviation\tsteps\tsentences"

/* What the lines of a record begin with, looked up once. */
struct line_start {
	bool numbered;
	long sentence;
	struct drawn steps;
	const msgpack_object *site;
};

static struct line_start line_start(const struct record *r, const struct tensor *relevance)
{
	return (struct line_start){ record_has(r, "sentence"), table_int(r, "sentence", 0),
		table_steps(r, relevance->shape[0]), record_find(r, "site") };
}

/* Sentence, site and step, up to a tab. */
static void put_step(FILE *to, const struct line_start *l, long step)
{
	if (l->numbered)
		fprintf(to, "%ld", l->sentence);
	fputc('\t', to);
	table_put_name(to, l->site);
	fprintf(to, "\t%ld\t", drawn_step(&l->steps, step));
}

static bool table_heads(struct show *s, const struct record *r)
{
	struct tensor t;

	if (!table_tensor(r, "relevance", 2, &t))
		return false;
	table_columns(s, "sentence\tsite\tstep\thead\trelevance\n");
	struct line_start start = line_start(r, &t);
	for (size_t i = 0; i < t.count; i++) {
		put_step(s->to, &start, (long)i / t.shape[1]);
		fprintf(s->to, "%ld\t", (long)i % t.shape[1]);
		table_put_number(s->to, &t, i);
		fputc('\n', s->to);
	}
	return true;
}

static bool table_relevance(struct show *s, const struct record *r)
{
	struct tensor t;

	if (!table_tensor(r, "relevance", 3, &t))
		return false;
	table_columns(s, "sentence\tsite\tstep\tposition\tneuron\trelevance\n");
	struct line_start start = line_start(r, &t);
	for (size_t i = 0; i < t.count; i++) {
		long row = (long)i / t.shape[2];

		put_step(s->to, &start, row / t.shape[1]);
		fprintf(s->to, "%ld\t%ld\t", row % t.shape[1], (long)i % t.shape[2]);
		table_put_number(s->to, &t, i);
		fputc('\n', s->to);
	}
	return true;
}

/* Element i of the list under a key; NULL where there is none. */
static const msgpack_object *element(const msgpack_object *list, long i)
{
	if (!list || list->type != MSGPACK_OBJECT_ARRAY || i >= (long)list->via.array.size)
		return NULL;
	return &list->via.array.ptr[i];
}

static bool table_tokens(struct show *s, const struct record *r)
{
	struct tensor t;

	if (!table_tensor(r, "relevance", 2, &t))
		return false;
	table_columns(s, "sentence\tsite\tstep\tposition\tpiece\trelevance\n");
	struct line_start start = line_start(r, &t);
	const msgpack_object *pieces = record_find(r, "pieces");
	for (size_t i = 0; i < t.count; i++) {
		long position = (long)i % t.shape[1];

		put_step(s->to, &start, (long)i / t.shape[1]);
		fprintf(s->to, "%ld\t", position);
		table_put_name(s->to, element(pieces, position));
		fputc('\t', s->to);
		table_put_number(s->to, &t, i);
		fputc('\n', s->to);
	}
	return true;
}

/* The tokens of one side: {ids, pieces}, the ids a list or a tensor. */
static void put_side(struct show *s, const struct record *r, const char *side)
{
	const msgpack_object *map = record_find(r, side), *ids, *pieces;
	struct tensor t = { .count = 0 };

	if (!map || !(ids = map_find(map, "ids")))
		return;
	pieces = map_find(map, "pieces");
	if (!object_tensor(ids, &t) && ids->type == MSGPACK_OBJECT_ARRAY)
		t.count = ids->via.array.size;
	long sentence = table_int(r, "sentence", -1);

	for (size_t i = 0; i < t.count; i++) {
		const msgpack_object *id = element(ids, (long)i);

		fprintf(s->to, "%ld\t%s\t%zu\t", sentence, side, i);
		if (id)
			json_put(s->to, id, false);
		else
			table_put_number(s->to, &t, i);
		fputc('\t', s->to);
		table_put_text(s->to, pieces ? element(pieces, (long)i) : NULL);
		fputc('\n', s->to);
	}
}

static bool table_trace(struct show *s, const struct record *r)
{
	table_columns(s, "sentence\tside\tposition\tid\tpiece\n");
	put_side(s, r, "source");
	put_side(s, r, "target");
	return true;
}

static bool table_losses(struct show *s, const struct record *r)
{
	struct tensor loss, top1, kl;
	bool against = table_tensor(r, "kl", 1, &kl);

	if (!table_tensor(r, "loss", 1, &loss) || !table_tensor(r, "top1", 1, &top1) ||
		loss.count != top1.count || (against && kl.count != loss.count))
		return false;
	table_columns(
		s, against ? "sentence\tstep\tloss\ttop1\tkl\n" : "sentence\tstep\tloss\ttop1\n");
	long sentence = table_int(r, "sentence", -1);
	struct drawn steps = table_steps(r, (long)loss.count);
	for (size_t i = 0; i < loss.count; i++) {
		fprintf(s->to, "%ld\t%ld\t", sentence, drawn_step(&steps, (long)i));
		table_put_number(s->to, &loss, i);
		fprintf(s->to, "\t%g", tensor_at(&top1, i));
		if (against) {
			fputc('\t', s->to);
			table_put_number(s->to, &kl, i);
		}
		fputc('\n', s->to);
	}
	return true;
}

/* The number behind the last point of a site: "enc-self.4" is in layer 4. */
static void put_layer(FILE *to, const msgpack_object *site)
{
	size_t n = site->type == MSGPACK_OBJECT_STR ? site->via.str.size : 0, digits = 0;
	const char *p = site->via.str.ptr;

	while (digits < n && isdigit((unsigned char)p[n - 1 - digits]))
		digits++;
	if (digits && digits < n && p[n - 1 - digits] == '.')
		fprintf(to, "%.*s", (int)digits, p + n - digits);
}

static bool table_average(struct show *s, const struct record *r)
{
	const msgpack_object *site = record_find(r, "site");
	struct statistics x = table_statistics(r);

	if (!site || !x.found)
		return false;
	const long *before = table_before(s, r, x.of[0].count);

	bool drawn = x.drawn < x.steps;

	table_columns(s, drawn && before ? AVERAGE_COLUMNS "\tdrawn\twas\n"
			 : drawn	 ? AVERAGE_COLUMNS "\tdrawn\n"
			 : before	 ? AVERAGE_COLUMNS "\twas\n"
					 : AVERAGE_COLUMNS "\n");
	for (size_t h = 0; h < x.of[0].count; h++) {
		table_put_name(s->to, site);
		fputc('\t', s->to);
		put_layer(s->to, site);
		fprintf(s->to, "\t%zu", h);
		for (int k = 0; k < TABLE_STATISTICS; k++) {
			fputc('\t', s->to);
			if (h < x.of[k].count)
				table_put_number(s->to, &x.of[k], h);
		}
		fprintf(s->to, "\t%ld\t%ld", x.steps, x.sentences);
		if (drawn)
			fprintf(s->to, "\t%ld", x.drawn);
		if (before)
			fprintf(s->to, "\t%ld", before[h]);
		fputc('\n', s->to);
	}
	return true;
}

static const struct table_form {
	const char *type;
	bool (*print)(struct show *s, const struct record *r);
} forms[] = {
	{ "heads", table_heads },
	{ "average", table_average },
	{ "tokens", table_tokens },
	{ "relevance", table_relevance },
	{ "trace", table_trace },
	{ "losses", table_losses },
};

void table_record(struct show *s, const struct record *r)
{
	if (r->is_header ||
		strcmp(r->type, "skipped") == 0) /* a line that was left out has no row */
		return;
	for (size_t i = 0; !s->keys && i < sizeof forms / sizeof *forms; i++)
		if (strcmp(r->type, forms[i].type) == 0 && forms[i].print(s, r))
			return;
	table_cells(s, r);
}
