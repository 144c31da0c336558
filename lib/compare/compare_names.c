/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/die.h"
#include "compare/compare_write.h"

/* A text of a header, or of a map in it; NULL: it is not there, or no text. */
static const char *text_of(const struct record *header, const char *map, const char *key)
{
	const msgpack_object *o = map ? record_find(header, map) : &header->map;

	o = o && o->type == MSGPACK_OBJECT_MAP ? map_find(o, key) : NULL;
	return o && o->type == MSGPACK_OBJECT_STR ? object_text(o, key, header->arena) : NULL;
}

/* What is said of a side where the other one differs. */
static const struct fact_name {
	const char *map, *key, *before, *missing;
	bool unit; /* do numbers of different ones have different units? */
} facts[] = {
	{ "model", "name", "", "another model", false },
	{ "rule", "name", "rule ", "no rule", false },
	{ NULL, "norm", "norm ", "no norm", true },
	{ NULL, "measure", "", "relevance", true },
};

static const char *add_fact(
	const char *name, const struct fact_name *f, const char *value, struct arena *a)
{
	return arena_printf(a, "%s%s%s%s", name, *name ? ", " : "", value ? f->before : "",
		value ? value : f->missing);
}

void compare_name(struct head_comparison *c, bool quiet)
{
	struct arena *a = c->a->header.arena;
	const char *name_a = "", *name_b = "";

	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		const struct fact_name *f = &facts[i];
		const char *x = text_of(&c->a->header, f->map, f->key);
		const char *y = text_of(&c->b->header, f->map, f->key);

		if ((!x && !y) || (x && y && strcmp(x, y) == 0))
			continue;
		name_a = add_fact(name_a, f, x, a);
		name_b = add_fact(name_b, f, y, a);
		if (f->unit && !quiet)
			warn("%s is of '%s' and %s of '%s': their difference has no meaning, only "
			     "which heads are the larger ones has",
				c->a->file, add_fact("", f, x, a), c->b->file,
				add_fact("", f, y, a));
	}
	c->name_a = *name_a ? name_a : c->a->file;
	c->name_b = *name_b ? name_b : c->b->file;
}
