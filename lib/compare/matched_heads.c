/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/matched_heads.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "record/pruned.h"
#include "record/site.h"

enum { MOST_NAMED = 8, LONGEST = 1 << 16 /* bytes of the list that readers take */ };

/* A text that grows. */
struct long_text {
	char *text;
	size_t length, room;
};

static void append(struct long_text *t, const char *piece)
{
	size_t n = strlen(piece);

	if (t->length + n + 1 > t->room) {
		t->room = 2 * t->room + n + 64;
		t->text = must_realloc(t->text, t->room, 1);
	}
	memcpy(t->text + t->length, piece, n + 1);
	t->length += n;
}

static void add_name(struct one_side *to, const char *name)
{
	if (to->count == to->room) {
		to->room = 2 * to->room + 16;
		to->name = must_realloc(to->name, (size_t)to->room, sizeof *to->name);
	}
	to->name[to->count++] = must_strdup(name);
}

static void add_head(struct one_side *to, const char *site, long was)
{
	struct arena a = { 0 };

	add_name(to, arena_printf(&a, "%s:%ld", site, was));
	arena_free(&a);
}

/* "enc-self.0:1,3": the numbers below the last head's that no head has. */
static void note_pruned(struct long_text *to, const struct matched_site *s)
{
	long next = 0;
	bool any = false;
	char number[32];

	for (long h = 0; h < s->heads; next = s->was[h++] + 1)
		for (; next < s->was[h]; next++) {
			if (!any) {
				append(to, to->length ? ";" : "");
				append(to, s->a->site);
			}
			snprintf(number, sizeof number, "%c%ld", any ? ',' : ':', next);
			append(to, number);
			any = true;
		}
}

static long *numbers_before(const char *pruned, const struct average *a)
{
	long *was = must_alloc((size_t)a->heads, sizeof *was);

	pruned_numbers(pruned, a->site, a->heads, was);
	return was;
}

/* The heads of a site that both have. Numbers grow, so that one walk over both finds them. */
static struct matched_site match_site(struct matched_heads *m, const struct average *a,
	const struct average *b, const char *pruned_a, const char *pruned_b)
{
	struct matched_site s = { .a = a, .b = b, .first = m->heads };
	long *was_a = numbers_before(pruned_a, a), *was_b = numbers_before(pruned_b, b);
	size_t most = (size_t)(a->heads < b->heads ? a->heads : b->heads);

	s.in_a = must_alloc(most, sizeof *s.in_a);
	s.in_b = must_alloc(most, sizeof *s.in_b);
	s.was = must_alloc(most, sizeof *s.was);
	for (long i = 0, k = 0; i < a->heads || k < b->heads;) {
		if (k == b->heads || (i < a->heads && was_a[i] < was_b[k])) {
			add_head(&m->only_a, a->site, was_a[i++]);
		} else if (i == a->heads || was_b[k] < was_a[i]) {
			add_head(&m->only_b, b->site, was_b[k++]);
		} else {
			s.was[s.heads] = was_a[i];
			s.in_a[s.heads] = i++;
			s.in_b[s.heads++] = k++;
		}
	}
	free(was_a);
	free(was_b);
	return s;
}

struct matched_heads *match_heads(const struct compared_side *a, const struct compared_side *b)
{
	struct matched_heads *m = must_alloc(1, sizeof *m);
	struct long_text pruned = { .length = 0 };

	m->at = must_alloc((size_t)a->all.count, sizeof *m->at);
	for (int i = 0, k = 0; i < a->all.count || k < b->all.count;) {
		const struct average *x = i < a->all.count ? a->all.at[i] : NULL;
		const struct average *y = k < b->all.count ? b->all.at[k] : NULL;
		int order = !x ? 1 : !y ? -1 : site_compare(x->site, y->site);

		i += order <= 0;
		k += order >= 0;
		if (order) {
			add_name(
				order < 0 ? &m->only_a : &m->only_b, order < 0 ? x->site : y->site);
			continue;
		}
		struct matched_site s = match_site(m, x, y, a->pruned, b->pruned);

		s.place_a = i - 1;
		s.place_b = k - 1;
		if (s.heads) {
			m->at[m->count++] = s;
			m->heads += s.heads;
			note_pruned(&pruned, &s);
		}
	}
	if (!m->heads)
		die("%s and %s have no head in common: the first sites are '%s' and '%s'", a->file,
			b->file, a->all.at[0]->site, b->all.at[0]->site);
	if (pruned.length > LONGEST)
		die("the list of heads that only one side has is longer than %d bytes", LONGEST);
	m->pruned = pruned.text;
	return m;
}

static void tell(const struct one_side *only, const struct compared_side *side)
{
	struct arena a = { 0 };
	const char *text = "";

	if (!only->count)
		return;
	for (long i = 0; i < only->count && i < MOST_NAMED; i++)
		text = arena_printf(&a, "%s%s%s", text, i ? ", " : "", only->name[i]);
	if (only->count > MOST_NAMED)
		text = arena_printf(&a, "%s and %ld more", text, only->count - MOST_NAMED);
	warn("left out, as only %s has it: %s", side->file, text);
	arena_free(&a);
}

void match_tell(
	const struct matched_heads *m, const struct compared_side *a, const struct compared_side *b)
{
	tell(&m->only_a, a);
	tell(&m->only_b, b);
}
