/* SPDX-License-Identifier: Apache-2.0 */
#include "show/columns.h"

#include <inttypes.h>
#include <string.h>

#include "base/die.h"
#include "record/pruned.h"
#include "record/text.h"
#include "show/json.h"

enum { MOST_OF_NAME = 255 };

void table_columns(struct show *s, const char *columns)
{
	if (!s->columns || strcmp(s->columns, columns) != 0)
		fputs(columns, s->to);
	s->columns = columns;
}

long table_int(const struct record *r, const char *key, long otherwise)
{
	return record_has(r, key) ? record_int(r, key) : otherwise;
}

struct drawn table_steps(const struct record *r, long rows)
{
	if (record_has(r, "first_step") || record_has(r, "drawn"))
		return record_drawn(r, rows);
	return (struct drawn){ .rows = rows };
}

void table_put_text(FILE *to, const msgpack_object *o)
{
	if (o && o->type == MSGPACK_OBJECT_STR)
		put_plain(to, o->via.str.ptr, o->via.str.size);
}

void table_put_name(FILE *to, const msgpack_object *o)
{
	if (o && o->type == MSGPACK_OBJECT_STR)
		put_plain(to, o->via.str.ptr,
			o->via.str.size < MOST_OF_NAME ? o->via.str.size : MOST_OF_NAME);
}

void table_put_number(FILE *to, const struct tensor *t, size_t i)
{
	char text[32];

	if (t->type[1] == 'i')
		fprintf(to, "%" PRId64, tensor_int_at(t, i));
	else
		fputs(number_text(tensor_at(t, i), strcmp(t->type, "<f8") != 0, text), to);
}

bool table_tensor(const struct record *r, const char *key, int dimensions, struct tensor *t)
{
	const msgpack_object *o = record_find(r, key);

	return o && object_tensor(o, t) && t->dimensions == dimensions;
}

struct statistics table_statistics(const struct record *r)
{
	static const char *const keys[TABLE_STATISTICS] = { "mean", "low", "high", "error",
		"deviation" };
	struct statistics x = { .steps = table_int(r, "steps", 0),
		.sentences = table_int(r, "sentences", 0) };

	x.drawn = table_int(r, "drawn", x.steps);
	x.found = table_tensor(r, keys[0], 1, &x.of[0]);
	for (int k = 1; k < TABLE_STATISTICS; k++)
		if (!table_tensor(r, keys[k], 1, &x.of[k]))
			x.of[k].count = 0;
	return x;
}

const long *table_before(const struct show *s, const struct record *r, size_t heads)
{
	const msgpack_object *site = record_find(r, "site");

	if (!s->pruned || !site || site->type != MSGPACK_OBJECT_STR)
		return NULL;
	long *before = arena_array(r->arena, heads, sizeof *before);

	pruned_numbers(s->pruned, object_text(site, "site", r->arena), (long)heads, before);
	return before;
}
