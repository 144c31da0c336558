/* SPDX-License-Identifier: Apache-2.0 */
#include "show/asked.h"

#include <string.h>

#include "base/arena.h"
#include "base/die.h"

enum { MOST_KEPT = 1000 };

struct asked_keys {
	const struct show *show;
	bool *seen;		/* of the keys of the view */
	char *there[MOST_KEPT]; /* keys of records, and nodes of traces */
	int count;
};

struct asked_keys *asked_new(const struct show *s)
{
	if (!s->keys)
		return NULL;
	struct asked_keys *a = must_alloc(1, sizeof *a);

	a->show = s;
	a->seen = must_alloc((size_t)s->key_count, sizeof *a->seen);
	return a;
}

static void keep(struct asked_keys *a, const msgpack_object *map)
{
	for (uint32_t i = 0; map && map->type == MSGPACK_OBJECT_MAP && i < map->via.map.size; i++) {
		const msgpack_object_str *key = &map->via.map.ptr[i].key.via.str;
		int k = 0;

		while (k < a->count && (strlen(a->there[k]) != key->size ||
					       memcmp(a->there[k], key->ptr, key->size) != 0))
			k++;
		if (k < a->count || k == MOST_KEPT)
			continue;
		a->there[a->count] = must_alloc(key->size + 1, 1);
		memcpy(a->there[a->count++], key->ptr, key->size);
	}
}

void asked_look(struct asked_keys *a, const struct record *r)
{
	if (!a)
		return;
	bool all = true;

	for (int i = 0; i < a->show->key_count; i++) {
		a->seen[i] = a->seen[i] || show_find(r, a->show->keys[i]);
		all &= a->seen[i];
	}
	if (all) /* nothing will be missing */
		return;
	keep(a, &r->map);
	keep(a, record_find(r, "values"));
}

/* "site, relevance, ..." */
static const char *list(const struct asked_keys *a, struct arena *arena)
{
	const char *text = "";

	for (int i = 0; i < a->count; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : "", a->there[i]);
	return text;
}

void asked_check(const struct asked_keys *a, bool some)
{
	struct arena arena = { 0 };
	bool any = false;

	if (!a)
		return;
	place_source(NULL);
	for (int i = 0; i < a->show->key_count; i++)
		any |= a->seen[i];
	for (int i = 0; i < a->show->key_count && !(some && any); i++)
		if (!a->seen[i])
			die("no record that was read has the key '%s'; they have %s",
				a->show->keys[i], list(a, &arena));
}
