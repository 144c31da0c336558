/* SPDX-License-Identifier: Apache-2.0 */
#include "subword/stage.h"

#include <string.h>

#include "base/die.h"

static const char *known(const struct stage_kind *kinds, struct arena *a)
{
	const char *all = "Sequence";

	for (const struct stage_kind *k = kinds; k->type; k++)
		all = arena_printf(a, "%s, %s", all, k->type);
	return all;
}

static void add_stage(
	struct stages *s, const struct json_file *settings, const struct stage_kind *kinds)
{
	const char *type = json_text(settings, "type");
	const struct stage_kind *k = kinds;
	struct arena a = { 0 };

	while (k->type && strcmp(k->type, type))
		k++;
	if (!k->type)
		die("%s: '%s' is not supported; supported are %s", settings->path, type,
			known(kinds, &a));
	settings_check(settings, k->keys);
	s->at = must_realloc(s->at, s->count + 1, sizeof *s->at);
	s->at[s->count++] = (struct opened_stage){ k, k->open ? k->open(settings) : NULL };
}

enum { DEEPEST = 16 }; /* sequences in sequences */

static void add_stages(struct stages *s, const struct json_file *settings, const char *list,
	const struct stage_kind *kinds, int depth)
{
	const json_t *each = json_find(settings, list);
	json_t *one;
	size_t i;

	if (!settings->object)
		return;
	if (strcmp(json_text(settings, "type"), "Sequence")) {
		add_stage(s, settings, kinds);
		return;
	}
	settings_check(settings, (const char *const[]){ list, NULL });
	if (!json_is_array(each) || depth == DEEPEST)
		die("%s: '%s' must be a list of objects, no deeper than %d", settings->path, list,
			DEEPEST);
	json_array_foreach((json_t *)each, i, one)
	{
		struct json_file inner = { settings->path, one };

		if (!json_is_object(one))
			die("%s: '%s' must be a list of objects", settings->path, list);
		add_stages(s, &inner, list, kinds, depth + 1);
	}
}

struct stages stages_open(const struct json_file *tokenizer, const char *key, const char *list,
	const struct stage_kind *kinds)
{
	struct json_file settings = setting_object(tokenizer, key);
	struct stages s = { NULL, 0 };

	add_stages(&s, &settings, list, kinds, 0);
	return s;
}

struct pieces stages_apply(const struct stages *s, struct pieces pieces, struct arena *a)
{
	for (size_t i = 0; i < s->count; i++)
		pieces = s->at[i].kind->apply(s->at[i].opened, &pieces, a);
	return pieces;
}
