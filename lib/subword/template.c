/* SPDX-License-Identifier: Apache-2.0 */
#include "subword/template.h"

#include <string.h>

#include "base/die.h"
#include "subword/stage.h"

struct processor {
	struct template *to;
	struct arena *arena;
};

static int32_t id_of(const struct json_file *f, const json_t *value)
{
	long id;

	if (!json_whole(value, &id) || id < 0 || id >= LEXICON_END)
		die("%s: the id of a token must be a whole number", f->path);
	return (int32_t)id;
}

/* The tokens of {"SpecialToken": {"id": "<s>"}}, of which `special_tokens` has the ids. */
static void add_special(
	const struct processor *p, const struct json_file *f, const char *name, struct subwords *to)
{
	struct json_file all = setting_object(f, "special_tokens");
	const json_t *token = json_object_get(all.object, name);
	const json_t *ids = json_object_get(token, "ids"),
		     *texts = json_object_get(token, "tokens");

	if (!json_is_array(ids) || json_array_size(ids) != json_array_size(texts))
		die("%s: 'special_tokens' has no '%s' with as many ids as tokens", f->path, name);
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const json_t *text = json_array_get(texts, i);

		if (!json_is_string(text))
			die("%s: 'special_tokens': a token of '%s' is no string", f->path, name);
		subwords_add(to, id_of(f, json_array_get(ids, i)),
			(struct piece){ json_string_value(text), json_string_length(text) },
			p->arena);
	}
}

static void read_template(const struct processor *p, const struct json_file *f)
{
	const json_t *list = json_find(f, "single");
	struct subwords *to = &p->to->front;
	json_t *each;
	size_t i;

	settings_check(f, (const char *const[]){ "single", "pair", "special_tokens", NULL });
	if (!json_is_array(list))
		die("%s: 'single' must be a list", f->path);
	json_array_foreach((json_t *)list, i, each)
	{
		const char *special = json_string_value(
			json_object_get(json_object_get(each, "SpecialToken"), "id"));

		if (special)
			add_special(p, f, special, to);
		else if (json_object_get(each, "Sequence") && to == &p->to->front)
			to = &p->to->behind;
		else
			die("%s: 'single' must be special tokens around one text", f->path);
	}
	if (to == &p->to->front)
		die("%s: 'single' has no text in it", f->path);
}

static void add_pair(
	const struct processor *p, const struct json_file *f, const char *key, struct subwords *to)
{
	const json_t *pair = json_find(f, key), *text = json_array_get(pair, 0);

	if (!json_is_string(text))
		die("%s: '%s' must be a token and its id", f->path, key);
	subwords_add(to, id_of(f, json_array_get(pair, 1)),
		(struct piece){ json_string_value(text), json_string_length(text) }, p->arena);
}

static void read_pairs(const struct processor *p, const struct json_file *f)
{
	static const char *const keys[] = { "sep", "cls", "trim_offsets", "add_prefix_space",
		NULL };

	settings_check(f, keys);
	add_pair(p, f, "cls", &p->to->front);
	add_pair(p, f, "sep", &p->to->behind);
}

static void read_processor(const struct processor *p, const struct json_file *f, bool in_sequence);

/* A second one would put its tokens around each token of the first. */
static void read_sequence(const struct processor *p, const struct json_file *f)
{
	const json_t *list = json_find(f, "processors");
	json_t *each;
	size_t i;

	settings_check(f, (const char *const[]){ "processors", NULL });
	json_array_foreach((json_t *)list, i, each)
	{
		struct json_file inner = { f->path, each };
		bool puts = strcmp(json_text(&inner, "type"), "ByteLevel") != 0;

		if (puts && (p->to->front.count || p->to->behind.count))
			die("%s: two in a Sequence put tokens around a text: not supported",
				f->path);
		read_processor(p, &inner, true);
	}
}

static void read_processor(const struct processor *p, const struct json_file *f, bool in_sequence)
{
	const char *type = json_text(f, "type");

	if (!strcmp(type, "TemplateProcessing")) {
		read_template(p, f);
	} else if (!strcmp(type, "BertProcessing") || !strcmp(type, "RobertaProcessing")) {
		read_pairs(p, f);
	} else if (!strcmp(type, "Sequence") && !in_sequence) {
		read_sequence(p, f);
	} else if (strcmp(type, "ByteLevel")) { /* which says where words are, not what they are */
		die("%s: '%s' is not supported; supported are Sequence, TemplateProcessing, "
		    "BertProcessing, RobertaProcessing, ByteLevel",
			f->path, type);
	}
}

struct template template_open(const struct json_file *tokenizer, struct arena *a)
{
	struct json_file f = setting_object(tokenizer, "post_processor");
	struct template t = { { 0 }, { 0 } };
	struct processor p = { &t, a };

	if (f.object)
		read_processor(&p, &f, false);
	return t;
}
