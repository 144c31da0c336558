/* SPDX-License-Identifier: Apache-2.0 */
#include "interact/interactions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "exact/sums.h"
#include "record/site.h"

static const long MOST_STEPS = 1L << 53; /* a double counts so far */

static int in_order(const void *a, const void *b)
{
	const struct named_head *x = a, *y = b;
	int sites = site_compare(x->site, y->site);

	return sites ? sites : (x->head > y->head) - (x->head < y->head);
}

static long pairs(long heads)
{
	return heads * (heads + 1) / 2;
}

static void first_heads(struct interactions *x, const struct named_head *head, long count)
{
	if (count < 1 || count > MOST_INTERACTING)
		die("%ld heads; the interactions of 1 to %d can be measured together; choose some with "
		    "-l",
			count, MOST_INTERACTING);
	x->heads = count;
	x->head = arena_array(&x->arena, (size_t)count, sizeof *x->head);
	for (long h = 0; h < count; h++)
		x->head[h] = (struct named_head){
			arena_text(&x->arena, head[h].site, strlen(head[h].site)), head[h].head
		};
	qsort(x->head, (size_t)count, sizeof *x->head, in_order);
	for (long h = 1; h < count; h++)
		if (!in_order(&x->head[h - 1], &x->head[h]))
			die("head %ld of site %s comes twice", x->head[h].head, x->head[h].site);
	exact_rows_new(&x->g, pairs(count));
	exact_rows_new(&x->first, count);
	exact_rows_new(&x->kl, 1);
	exact_rows_new(&x->open.g, pairs(count));
	exact_rows_new(&x->open.first, count);
	exact_rows_new(&x->open.kl, 1);
}

void interactions_heads(
	struct interactions *x, const struct named_head *head, long count, long *place)
{
	if (!x->heads)
		first_heads(x, head, count);
	if (count != x->heads)
		die("interactions of %ld heads here, of %ld before", count, x->heads);
	for (long h = 0; h < count; h++) {
		const struct named_head *found =
			bsearch(&head[h], x->head, (size_t)count, sizeof *x->head, in_order);

		if (!found)
			die("head %ld of site %s is measured here, but was not before",
				head[h].head, head[h].site);
		place[h] = found - x->head;
	}
}

static void count_more(struct interactions *x, long steps, long drawn, long sentences, long cut)
{
	if (steps > MOST_STEPS - x->steps)
		die("more than 2^53 steps");
	x->steps += steps;
	x->drawn += drawn;
	x->sentences += sentences;
	x->cut += cut;
}

void interactions_close(struct interactions *x)
{
	struct interacting_sentence *o = &x->open;

	if (!o->drawn.rows)
		return;
	long steps = drawn_end(&o->drawn, o->number, x->head[0].site);
	double n = (double)steps, drawn = (double)o->drawn.rows;

	sums_take(&x->g, &o->g, n, drawn);
	sums_take(&x->first, &o->first, n, drawn);
	sums_take(&x->kl, &o->kl, n, drawn);
	count_more(x, steps, o->drawn.rows, 1, o->cut);
	o->drawn = (struct drawn_sum){ 0 };
	o->cut = false;
}

void interactions_begin(struct interactions *x, long sentence, const struct drawn *drawn, bool cut)
{
	if (sentence != x->open.number)
		interactions_close(x);
	x->open.number = sentence;
	x->open.cut |= cut;
	drawn_add(&x->open.drawn, drawn, sentence, x->head[0].site);
}

void interactions_add(struct interactions *x, const double *g, const double *first, double kl)
{
	for (long h = 0, at = 0; h < x->heads; h++)
		for (long k = 0; k <= h; k++, at++)
			exact_rows_add(&x->open.g, at, g[h * x->heads + k]);
	for (long h = 0; first && h < x->heads; h++)
		exact_rows_add(&x->open.first, h, first[h]);
	exact_rows_add(&x->open.kl, 0, kl);
}

/* "enc-self.4:7" */
static struct named_head named(const char *text, struct arena *a)
{
	const char *colon = strrchr(text, ':');
	char *end = NULL;
	long head = colon ? strtol(colon + 1, &end, 10) : -1;

	if (!colon || end == colon + 1 || *end || head < 0)
		die("'%s' is no head of a site, such as 'enc-self.4:7'", text);
	return (struct named_head){ arena_text(a, text, (size_t)(colon - text)), head };
}

static const struct named_head *read_heads(const struct record *r, long *count)
{
	const msgpack_object *list = record_list(r, "names");
	struct named_head *head;

	*count = list->via.array.size;
	if (*count < 1 || *count > MOST_INTERACTING)
		die("%ld heads; a record has the interactions of 1 to %d", *count,
			MOST_INTERACTING);
	head = arena_array(r->arena, (size_t)*count, sizeof *head);
	for (long h = 0; h < *count; h++)
		head[h] = named(object_text(&list->via.array.ptr[h], "names", r->arena), r->arena);
	return head;
}

/* Counts that can be, of a record. */
static void check_counts(long steps, long drawn, long sentences, long cut)
{
	if (sentences < 1 || drawn < sentences || steps < drawn || cut < 0 || cut > sentences)
		die("%ld steps, %ld of them drawn, of %ld sentences, %ld of them cut cannot be",
			steps, drawn, sentences, cut);
}

/* The results that a record says are those of its sums: near, for another program may have rounded. */
static void check_mean(const char *key, double sum, double steps, double mean, double largest)
{
	if (!(fabs(sum / steps - mean) <= 1e-9 * largest))
		die("'%s' has %g where its sums have %g", key, mean, sum / steps);
}

static double largest_of(const double *x, long count)
{
	double largest = 0;

	for (long i = 0; i < count; i++)
		largest = fmax(largest, fabs(x[i]));
	return largest;
}

static void check_means(const struct interacting_sentence *o, const struct interaction_means *m)
{
	long n = m->heads;
	double steps = (double)m->steps, most = largest_of(m->g, n * n);

	for (long h = 0, at = 0; h < n; h++)
		for (long k = 0; k <= h; k++, at++)
			check_mean("interaction", exact_rows_value(&o->g, at), steps,
				m->g[h * n + k], most);
	most = largest_of(m->first, n);
	for (long h = 0; h < n; h++)
		check_mean("first", exact_rows_value(&o->first, h), steps, m->first[h], most);
	check_mean("kl", exact_rows_value(&o->kl, 0), steps, m->kl, fabs(m->kl));
}

/* The sums of the record are read as those of a sentence are, and checked before they are added. */
void interactions_merge(struct interactions *x, const struct record *r)
{
	struct interaction_means m = interactions_read(r);
	long drawn = record_has(r, "drawn") ? record_int(r, "drawn") : m.steps;
	long cut = record_has(r, "cut") ? record_int(r, "cut") : 0;
	bool against = record_has(r, "first"), begun = x->sentences;
	const msgpack_object *sums = record_map(r, "sums");
	long *place = arena_array(r->arena, (size_t)m.heads, sizeof *place);
	struct interacting_sentence *o = &x->open;

	check_counts(m.steps, drawn, m.sentences, cut);
	interactions_heads(x, m.head, m.heads, place);
	for (long h = 0; h < m.heads; h++)
		if (place[h] != h)
			die("head %ld of site %s is out of its place", m.head[h].head,
				m.head[h].site);
	if (begun && against != x->against)
		die("some of these were measured against other predictions, and some were not");
	x->against = against;
	sums_read(r, sums, "g", &o->g);
	if (against) {
		sums_read(r, sums, "first", &o->first);
		sums_read(r, sums, "kl", &o->kl);
	}
	check_means(o, &m);
	sums_take(&x->g, &o->g, 1, 1);
	sums_take(&x->first, &o->first, 1, 1);
	sums_take(&x->kl, &o->kl, 1, 1);
	count_more(x, m.steps, drawn, m.sentences, cut);
}

static void draft_means(const struct interactions *x, struct draft *d)
{
	long n = x->heads;
	double *mean = must_alloc((size_t)(n * n), sizeof *mean), steps = (double)x->steps;

	for (long h = 0, at = 0; h < n; h++)
		for (long k = 0; k <= h; k++, at++)
			mean[h * n + k] = mean[k * n + h] = exact_rows_value(&x->g, at) / steps;
	draft_doubles(d, "interaction", mean, 2, n, n);
	for (long h = 0; h < n; h++)
		mean[h] = exact_rows_value(&x->first, h) / steps;
	if (x->against) {
		draft_doubles(d, "first", mean, 1, n);
		draft_real(d, "kl", exact_rows_value(&x->kl, 0) / steps);
	}
	free(mean);
}

void interactions_draft(struct interactions *x, struct draft *d)
{
	struct arena a = { 0 };

	draft_list(d, "names", (int)x->heads);
	for (long h = 0; h < x->heads; h++)
		draft_text(d, NULL, arena_printf(&a, "%s:%ld", x->head[h].site, x->head[h].head));
	arena_free(&a);
	draft_int(d, "steps", x->steps);
	if (x->drawn < x->steps)
		draft_int(d, "drawn", x->drawn);
	draft_int(d, "sentences", x->sentences);
	if (x->cut)
		draft_int(d, "cut", x->cut);
	draft_means(x, d);
	draft_map(d, "sums", x->against ? 3 : 1);
	sums_draft(d, "g", &x->g);
	if (x->against) {
		sums_draft(d, "first", &x->first);
		sums_draft(d, "kl", &x->kl);
	}
}

struct interaction_means interactions_read(const struct record *r)
{
	struct interaction_means m = { .steps = record_int(r, "steps"),
		.sentences = record_int(r, "sentences") };
	struct tensor t = record_tensor(r, "interaction");

	m.head = read_heads(r, &m.heads);
	tensor_expect(&t, "interaction", 2, m.heads, m.heads);
	m.g = tensor_doubles(&t, r->arena, "interaction");
	for (long h = 0; h < m.heads; h++)
		for (long k = 0; k <= h; k++)
			if (!(m.g[h * m.heads + k] == m.g[k * m.heads + h]))
				die("'interaction' is not symmetric");
	m.first = arena_zero(r->arena, (size_t)m.heads, sizeof *m.first);
	if (record_has(r, "first")) {
		t = record_tensor(r, "first");
		tensor_expect(&t, "first", 1, m.heads);
		m.first = tensor_doubles(&t, r->arena, "first");
		m.kl = record_real(r, "kl");
	}
	return m;
}
