/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/paired.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

enum pair_by pair_by_parse(const char *name)
{
	static const char *const names[] = { "same", "number", "none" };

	for (int i = PAIR_SAME; i <= PAIR_NONE; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum pair_by)i;
	die_usage("option '--pair' takes same, number or none, not '%s'", name);
}

/* A sentence and its place among those of its site. */
struct placed {
	struct sentence_row row;
	long place;
};

static int by_number(const void *a, const void *b)
{
	const struct sentence_row *x = &((const struct placed *)a)->row;
	const struct sentence_row *y = &((const struct placed *)b)->row;

	if (x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* The sentences of a site by their numbers. */
static struct placed *sort_sentences(const struct compared_side *s, const struct average *a)
{
	const struct sentence_rows *kept = &a->kept;
	struct placed *p = must_alloc((size_t)kept->count, sizeof *p);

	for (long c = 0; c < kept->count; c++)
		p[c] = (struct placed){ kept->at[c], c };
	qsort(p, (size_t)kept->count, sizeof *p, by_number);
	for (long c = 1; c < kept->count; c++)
		if (by_number(&p[c - 1], &p[c]) == 0)
			die("%s: sentence %ld of segment %ld comes twice at site %s", s->file,
				p[c].row.line, p[c].row.segment, a->site);
	return p;
}

static void check_same(const struct compared_side *s, const struct average *a,
	const struct placed *p, const struct average *first, const struct placed *q)
{
	bool same = a->kept.count == first->kept.count;

	for (long c = 0; same && c < a->kept.count; c++)
		same = by_number(&p[c], &q[c]) == 0 && p[c].row.steps == q[c].row.steps;
	if (!same)
		die("%s: site %s has other sentences than site %s", s->file, a->site, first->site);
}

/*
 * The sums of one side, sentences by number. `numbers` gets what they are. A site's own sums are
 * freed when they were taken.
 */
static struct paired_sums gather(const struct matched_heads *m, const struct compared_side *s,
	bool is_a, struct placed **numbers)
{
	struct average *first = NULL;
	struct paired_sums to = { .sentences = 0 };

	for (long i = 0; i < m->count; i++) {
		const struct matched_site *site = &m->at[i];
		struct average *a = s->all.at[is_a ? site->place_a : site->place_b];
		const long *in = is_a ? site->in_a : site->in_b;
		struct placed *p = sort_sentences(s, a);

		if (!first) {
			first = a;
			*numbers = p;
			to.sentences = a->kept.count;
			to.steps = must_alloc((size_t)to.sentences, sizeof *to.steps);
			to.y = must_alloc((size_t)to.sentences, (size_t)m->heads * sizeof *to.y);
			for (long c = 0; c < to.sentences; c++)
				to.steps[c] = p[c].row.steps;
		}
		check_same(s, a, p, first, *numbers);
		for (long c = 0; c < to.sentences; c++)
			for (long h = 0; h < site->heads; h++)
				to.y[c * m->heads + site->first + h] =
					a->kept.y[p[c].place * a->heads + in[h]];
		if (a != first)
			free(p);
		free(a->kept.y);
		a->kept.y = NULL;
	}
	return to;
}

/* Sentence `from` becomes sentence `to`. */
static void move_sentence(struct paired_sums *s, long to, long from, long heads)
{
	s->steps[to] = s->steps[from];
	memmove(s->y + to * heads, s->y + from * heads, (size_t)heads * sizeof *s->y);
}

/* Are they one and the same, as far as is known? */
static bool is_same(const struct sentence_row *a, const struct sentence_row *b)
{
	return a->steps == b->steps && (!a->text || !b->text || a->text == b->text);
}

/* How many sentences have a number that is on both sides, and how many of these are the same. With `keep`
 * only the former stay. */
static long count_shared(struct paired *x, const struct placed *a, const struct placed *b,
	long heads, bool keep, long *same)
{
	long i = 0, k = 0, shared = 0;

	*same = 0;
	while (i < x->a.sentences && k < x->b.sentences) {
		int order = by_number(&a[i], &b[k]);

		if (order == 0) {
			*same += is_same(&a[i].row, &b[k].row);
			if (keep) {
				move_sentence(&x->a, shared, i, heads);
				move_sentence(&x->b, shared, k, heads);
			}
			shared++;
		}
		i += order <= 0;
		k += order >= 0;
	}
	return shared;
}

static const char *why_averages(const struct compared_side *a, const struct compared_side *b)
{
	struct arena text = { 0 };

	if (!a->has_sentences && !b->has_sentences)
		return "averages have no sentences";
	return arena_printf(
		&text, "%s is an average, without sentences", a->has_sentences ? b->file : a->file);
}

struct paired *pair_sentences(const struct matched_heads *m, const struct compared_side *a,
	const struct compared_side *b, enum pair_by by)
{
	struct paired *x = must_alloc(1, sizeof *x);
	struct placed *in_a = NULL, *in_b = NULL;
	struct arena text = { 0 };
	long shared, same;

	if (a->has_sentences)
		x->a = gather(m, a, true, &in_a);
	if (b->has_sentences)
		x->b = gather(m, b, false, &in_b);
	if (!a->has_sentences || !b->has_sentences) {
		if (by == PAIR_NUMBER)
			die("--pair number takes heads on both sides: %s", why_averages(a, b));
		x->why = why_averages(a, b);
		return x;
	}
	shared = count_shared(x, in_a, in_b, m->heads, by == PAIR_NUMBER, &same);
	if (by == PAIR_NUMBER && !shared)
		die("no sentence of %s has a number that is in %s", a->file, b->file);
	x->paired = by == PAIR_NUMBER ||
		    (by == PAIR_SAME && same == x->a.sentences && same == x->b.sentences);
	if (by == PAIR_NUMBER) {
		x->left_out_a = x->a.sentences - shared;
		x->left_out_b = x->b.sentences - shared;
		x->a.sentences = x->b.sentences = shared;
	}
	if (by == PAIR_SAME && !x->paired)
		x->why = arena_printf(&text,
			"of %ld and %ld sentences %ld have the same number, %ld of them the same text and steps",
			x->a.sentences, x->b.sentences, shared, same);
	free(in_a);
	free(in_b);
	return x;
}
