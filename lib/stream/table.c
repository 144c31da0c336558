/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/table.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/die.h"
#include "stream/json.h"
#include "stream/text.h"

static void begin_columns(struct show *s, const char *columns)
{
	if (!s->columns || strcmp(s->columns, columns) != 0)
		fputs(columns, s->to);
	s->columns = columns;
}

/* A key's whole number, `otherwise` where it has none. */
static long int_or(const struct record *r, const char *key, long otherwise)
{
	return record_has(r, key) ? record_int(r, key) : otherwise;
}

static long first_step(const struct record *r)
{
	long step = int_or(r, "first_step", 0);

	if (step < 0 || step > INT32_MAX)
		die("'first_step' is %ld", step);
	return step;
}

/* A cell of a table: text, or nothing. */
static void put_text(FILE *to, const msgpack_object *o)
{
	if (o && o->type == MSGPACK_OBJECT_STR)
		put_plain(to, o->via.str.ptr, o->via.str.size);
}

static void put_number(FILE *to, const struct tensor *t, size_t i)
{
	char text[32];

	if (t->type[1] == 'i')
		fprintf(to, "%" PRId64, tensor_int_at(t, i));
	else
		fputs(number_text(tensor_at(t, i), strcmp(t->type, "<f8") != 0, text), to);
}

static bool tensor_of(const struct record *r, const char *key, int dimensions, struct tensor *t)
{
	const msgpack_object *o = record_find(r, key);

	return o && object_tensor(o, t) && t->dimensions == dimensions;
}

/* What each line begins with, up to a tab: sentence, site and step. */
static void put_step(struct show *s, const struct record *r, long step)
{
	if (record_has(r, "sentence"))
		fprintf(s->to, "%ld", record_int(r, "sentence"));
	fputc('\t', s->to);
	put_text(s->to, record_find(r, "site"));
	fprintf(s->to, "\t%ld\t", first_step(r) + step);
}

static bool table_heads(struct show *s, const struct record *r)
{
	struct tensor t;

	if (!tensor_of(r, "relevance", 2, &t))
		return false;
	begin_columns(s, "sentence\tsite\tstep\thead\trelevance\n");
	for (size_t i = 0; i < t.count; i++) {
		put_step(s, r, (long)i / t.shape[1]);
		fprintf(s->to, "%ld\t", (long)i % t.shape[1]);
		put_number(s->to, &t, i);
		fputc('\n', s->to);
	}
	return true;
}

static bool table_relevance(struct show *s, const struct record *r)
{
	struct tensor t;

	if (!tensor_of(r, "relevance", 3, &t))
		return false;
	begin_columns(s, "sentence\tsite\tstep\tposition\tneuron\trelevance\n");
	for (size_t i = 0; i < t.count; i++) {
		long row = (long)i / t.shape[2];

		put_step(s, r, row / t.shape[1]);
		fprintf(s->to, "%ld\t%ld\t", row % t.shape[1], (long)i % t.shape[2]);
		put_number(s->to, &t, i);
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

	if (!tensor_of(r, "relevance", 2, &t))
		return false;
	begin_columns(s, "sentence\tsite\tstep\tposition\tpiece\trelevance\n");
	for (size_t i = 0; i < t.count; i++) {
		long position = (long)i % t.shape[1];

		put_step(s, r, (long)i / t.shape[1]);
		fprintf(s->to, "%ld\t", position);
		put_text(s->to, element(record_find(r, "pieces"), position));
		fputc('\t', s->to);
		put_number(s->to, &t, i);
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
	for (size_t i = 0; i < t.count; i++) {
		const msgpack_object *id = element(ids, (long)i);

		fprintf(s->to, "%ld\t%s\t%zu\t", int_or(r, "sentence", -1), side, i);
		if (id)
			json_put(s->to, id, false);
		else
			put_number(s->to, &t, i);
		fputc('\t', s->to);
		put_text(s->to, pieces ? element(pieces, (long)i) : NULL);
		fputc('\n', s->to);
	}
}

static bool table_trace(struct show *s, const struct record *r)
{
	begin_columns(s, "sentence\tside\tposition\tid\tpiece\n");
	put_side(s, r, "source");
	put_side(s, r, "target");
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

/* Element h of the tensor under a key, nothing where there is none. */
static void put_statistic(FILE *to, const struct record *r, const char *key, size_t h)
{
	struct tensor t;

	if (tensor_of(r, key, 1, &t) && h < t.count)
		put_number(to, &t, h);
}

static bool table_average(struct show *s, const struct record *r)
{
	static const char *const keys[] = { "mean", "low", "high", "error", "deviation" };
	const msgpack_object *site = record_find(r, "site");
	struct tensor mean;

	if (!site || !tensor_of(r, "mean", 1, &mean))
		return false;
	begin_columns(
		s, "site\tlayer\thead\tmean\tlow\thigh\terror\tdeviation\tsteps\tsentences\n");
	for (size_t h = 0; h < mean.count; h++) {
		put_text(s->to, site);
		fputc('\t', s->to);
		put_layer(s->to, site);
		fprintf(s->to, "\t%zu", h);
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
			fputc('\t', s->to);
			put_statistic(s->to, r, keys[k], h);
		}
		fprintf(s->to, "\t%ld\t%ld\n", int_or(r, "steps", 0), int_or(r, "sentences", 0));
	}
	return true;
}

/* Any value under a path of keys: one line for each number or text in it. */
struct cell {
	const struct record *record;
	const char *path; /* "ledger.start" */
};

static void put_cell(struct show *s, const struct cell *c)
{
	if (record_has(c->record, "sentence"))
		fprintf(s->to, "%ld", record_int(c->record, "sentence"));
	fputc('\t', s->to);
	put_plain(s->to, c->path, strlen(c->path));
	fputc('\t', s->to);
}

/* The indices of element i, "2,0,1". */
static void put_index(FILE *to, const struct tensor *t, size_t i)
{
	for (int d = 0; d < t->dimensions; d++) {
		size_t behind = 1;

		for (int e = d + 1; e < t->dimensions; e++)
			behind *= (size_t)t->shape[e];
		fprintf(to, d ? ",%zu" : "%zu", i / behind % (size_t)t->shape[d]);
	}
	fputc('\t', to);
}

static void put_any(struct show *s, const struct cell *c, const msgpack_object *o);

static void put_any_tensor(struct show *s, const struct cell *c, const struct tensor *t)
{
	for (size_t i = 0; i < t->count; i++) {
		put_cell(s, c);
		put_index(s->to, t, i);
		put_number(s->to, t, i);
		fputc('\n', s->to);
	}
}

static void put_any_list(struct show *s, const struct cell *c, const msgpack_object *o)
{
	for (uint32_t i = 0; i < o->via.array.size; i++) {
		struct cell inner = { c->record,
			arena_printf(c->record->arena, "%s.%u", c->path, (unsigned)i) };

		put_any(s, &inner, &o->via.array.ptr[i]);
	}
}

static void put_any_map(struct show *s, const struct cell *c, const msgpack_object *o)
{
	for (uint32_t i = 0; i < o->via.map.size; i++) {
		const msgpack_object *k = &o->via.map.ptr[i].key;
		struct cell inner = { c->record, arena_printf(c->record->arena, "%s.%.*s", c->path,
							 (int)k->via.str.size, k->via.str.ptr) };

		put_any(s, &inner, &o->via.map.ptr[i].val);
	}
}

static void put_any(struct show *s, const struct cell *c, const msgpack_object *o)
{
	struct arena_mark mark = arena_mark(c->record->arena);
	struct tensor t;

	if (object_tensor(o, &t)) {
		put_any_tensor(s, c, &t);
	} else if (o->type == MSGPACK_OBJECT_MAP) {
		put_any_map(s, c, o);
	} else if (o->type == MSGPACK_OBJECT_ARRAY) {
		put_any_list(s, c, o);
	} else {
		put_cell(s, c);
		fputc('\t', s->to);
		if (o->type == MSGPACK_OBJECT_STR)
			put_text(s->to, o);
		else
			json_put(s->to, o, false);
		fputc('\n', s->to);
	}
	arena_back(c->record->arena, mark);
}

static void table_any(struct show *s, const struct record *r)
{
	begin_columns(s, "sentence\tkey\tindex\tvalue\n");
	for (uint32_t i = 0; !s->keys && i < r->map.via.map.size; i++) {
		const msgpack_object_kv *kv = &r->map.via.map.ptr[i];
		struct cell c = { r, object_text(&kv->key, "a key", r->arena) };

		if (!object_is(&kv->key, "type") && !object_is(&kv->key, "sentence"))
			put_any(s, &c, &kv->val);
	}
	for (int i = 0; i < s->key_count; i++) {
		struct cell c = { r, s->keys[i] };
		const msgpack_object *o = show_find(r, s->keys[i]);

		if (o)
			put_any(s, &c, o);
	}
}

static const struct form {
	const char *type;
	bool (*print)(struct show *s, const struct record *r);
} forms[] = {
	{ "heads", table_heads },
	{ "average", table_average },
	{ "tokens", table_tokens },
	{ "relevance", table_relevance },
	{ "trace", table_trace },
};

void table_record(struct show *s, const struct record *r)
{
	if (r->is_header)
		return;
	for (size_t i = 0; !s->keys && i < sizeof forms / sizeof *forms; i++)
		if (strcmp(r->type, forms[i].type) == 0 && forms[i].print(s, r))
			return;
	table_any(s, r);
}

static bool text_heads(struct show *s, const struct record *r)
{
	struct tensor t;

	if (!tensor_of(r, "relevance", 2, &t))
		return false;
	begin_columns(s, "sentence         site  step  relevance of head 0, 1, ...\n");
	for (size_t i = 0; i < t.count; i++) {
		if (i % (size_t)t.shape[1] == 0) {
			const msgpack_object *site = record_find(r, "site");
			const char *name = site ? object_text(site, "site", r->arena) : "-";

			fprintf(s->to, "%8ld ", int_or(r, "sentence", -1));
			fprintf(s->to, "%*s", 12 - (int)strnlen(name, 12), "");
			put_plain(s->to, name, strlen(name));
			fprintf(s->to, " %5ld ", first_step(r) + (long)i / t.shape[1]);
		}
		fprintf(s->to, " %10.4g%s", tensor_at(&t, i),
			(long)i % t.shape[1] == t.shape[1] - 1 ? "\n" : "");
	}
	return true;
}

static void text_statistic(FILE *to, const struct record *r, const char *key, size_t h)
{
	struct tensor t;

	if (tensor_of(r, key, 1, &t) && h < t.count)
		fprintf(to, " %10.4g", tensor_at(&t, h));
	else
		fprintf(to, " %10s", "-");
}

static bool text_average(struct show *s, const struct record *r)
{
	static const char *const keys[] = { "mean", "low", "high", "error" };
	struct tensor mean;

	if (!tensor_of(r, "mean", 1, &mean))
		return false;
	begin_columns(s, "        site  head       mean        low       high      error    steps  "
			 "sentences\n");
	for (size_t h = 0; h < mean.count; h++) {
		const msgpack_object *site = record_find(r, "site");
		const char *name = site ? object_text(site, "site", r->arena) : "-";

		fprintf(s->to, "%*s", 12 - (int)strnlen(name, 12), "");
		put_plain(s->to, name, strlen(name));
		fprintf(s->to, " %5zu", h);
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
			text_statistic(s->to, r, keys[k], h);
		fprintf(s->to, " %8ld %10ld\n", int_or(r, "steps", 0), int_or(r, "sentences", 0));
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
