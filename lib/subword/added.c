/* SPDX-License-Identifier: Apache-2.0 */
#include "subword/added.h"

#include <stdlib.h>

#include "base/die.h"
#include "subword/stage.h"
#include "text/trie.h"
#include "text/unicode.h"

struct added added_read(const struct json_file *f, int32_t id)
{
	static const char *const keys[] = { "id", "content", "special", "lstrip", "rstrip",
		"single_word", "normalized", "__type", NULL };
	struct added t = { .id = id };

	settings_check(f, keys);
	t.text = setting_piece(f, "content");
	t.special = json_bool_or(f, "special", false);
	t.trims_left = json_bool_or(f, "lstrip", false);
	t.trims_right = json_bool_or(f, "rstrip", false);
	t.whole_word = json_bool_or(f, "single_word", false);
	t.normalized = json_bool_or(f, "normalized", !t.special);
	return t;
}

const struct added *added_named(const struct added_list *list, struct piece text)
{
	int32_t place = list->count ? lexicon_id(list->places, text) : -1;

	return place < 0 ? NULL : &list->at[place];
}

const struct added *added_numbered(const struct added_list *list, int32_t id)
{
	const struct piece *text = list->count ? lexicon_piece(list->ids, id) : NULL;

	return text ? added_named(list, *text) : NULL;
}

void added_add(struct added_list *list, struct added token)
{
	struct added *old = (struct added *)added_named(list, token.text);

	if (!token.text.length)
		return;
	if (!list->count) {
		list->places = lexicon_new(64);
		list->ids = lexicon_new(64);
	}
	token.form = token.text;
	lexicon_add(list->ids, token.text, token.id);
	if (old) {
		*old = token;
		return;
	}
	lexicon_add(list->places, token.text, (int32_t)list->count);
	if (list->count == list->room) {
		list->room = 2 * list->room + 16;
		list->at = must_realloc(list->at, list->room, sizeof *list->at);
	}
	list->at[list->count++] = token;
}

void added_index(struct added_list *list,
	struct piece (*normal)(const void *context, struct piece text, struct arena *a),
	const void *context)
{
	struct piece *texts = must_alloc(list->count + 1, sizeof *texts);
	int32_t *numbers = must_alloc(list->count + 1, sizeof *numbers);
	struct arena *a = must_alloc(1, sizeof *a);

	for (int normalized = 0; normalized < 2; normalized++) {
		size_t n = 0;

		for (size_t i = 0; i < list->count; i++) {
			struct added *t = &list->at[i];

			if (t->normalized != normalized)
				continue;
			t->form = normalized ? normal(context, t->text, a) : t->text;
			texts[n] = t->form;
			numbers[n++] = (int32_t)i;
		}
		*(normalized ? &list->normalized : &list->plain) = trie_new(texts, numbers, n);
	}
	free(texts);
	free(numbers);
}

/* The first token from a byte on that is found by its text alone; NULL: none. */
static const struct added *find(const struct sections *s, size_t from, size_t *begin, size_t *end)
{
	const struct trie *t = s->normalized ? s->list->normalized : s->list->plain;

	for (*begin = from; *begin < s->text.length; ++*begin) {
		size_t length;
		int32_t i = trie_longest(
			t, TRIE_ROOT, s->text.text + *begin, s->text.length - *begin, &length);

		*end = *begin + length;
		if (i >= 0)
			return &s->list->at[i];
	}
	return NULL;
}

static bool in_word(const struct sections *s, size_t begin, size_t end)
{
	const char *p = s->text.text + begin, *last = s->text.text + s->text.length;

	if (begin && unicode_word(unicode_before(s->text.text, &p)))
		return true;
	p = s->text.text + end;
	return p < last && unicode_word(unicode_next(&p, last));
}

/* With the white space that the token takes, as far as none before it has. */
static void widen(const struct sections *s, const struct added *t, size_t *begin, size_t *end)
{
	const char *first = s->text.text + s->from, *last = s->text.text + s->text.length;
	const char *p = s->text.text + *begin;

	while (t->trims_left && p > first && unicode_space(unicode_before(first, &p)))
		*begin = (size_t)(p - s->text.text);
	p = s->text.text + *end;
	while (t->trims_right && p < last && unicode_space(unicode_next(&p, last)))
		*end = (size_t)(p - s->text.text);
}

static struct piece part(const struct sections *s, size_t begin, size_t end)
{
	return (struct piece){ s->text.text + begin, end - begin };
}

bool sections_next(struct sections *s, struct section *section)
{
	const struct added *token;
	size_t begin, end, before = s->from;

	if (s->holds) {
		s->holds = false;
		*section = s->held;
		return true;
	}
	while ((token = find(s, s->search, &begin, &end))) {
		s->search = end;
		if (!token->whole_word || !in_word(s, begin, end))
			break;
	}
	if (!token) {
		*section = (struct section){ NULL, part(s, before, s->text.length) };
		s->from = s->search = s->text.length;
		return section->text.length > 0;
	}
	widen(s, token, &begin, &end);
	s->from = end;
	*section = (struct section){ token, part(s, begin, end) };
	if (begin > before) {
		s->held = *section;
		s->holds = true;
		*section = (struct section){ NULL, part(s, before, begin) };
	}
	return true;
}
