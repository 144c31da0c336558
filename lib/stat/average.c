/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/average.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "exact/sums.h"
#include "record/site.h"
#include "stream/left_out.h"

enum { MAX_HEADS = 1 << 16, MAX_ALL_HEADS = 1 << 18 };
static const long max_steps = 1L << 53; /* a double counts so far */

static void begin_sums(struct average *a, long heads)
{
	a->heads = heads;
	exact_rows_new(&a->x, heads);
	exact_rows_new(&a->xx, heads);
	exact_rows_new(&a->yy, heads);
	exact_rows_new(&a->yn, heads);
	exact_rows_new(&a->open_x, heads);
	exact_rows_new(&a->open_xx, heads);
}

static void free_sums(struct average *a)
{
	exact_rows_free(&a->x);
	exact_rows_free(&a->xx);
	exact_rows_free(&a->yy);
	exact_rows_free(&a->yn);
	exact_rows_free(&a->open_x);
	exact_rows_free(&a->open_xx);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct average *)a)->site, ((const struct average *)b)->site);
}

static struct average *new_average(struct averages *all, const char *site, long heads)
{
	struct average *a = must_alloc(1, sizeof *a);

	if (heads < 1 || heads > MAX_HEADS)
		die("site %s has %ld heads; 1 to %d can be averaged", site, heads, MAX_HEADS);
	if ((all->heads += heads) > MAX_ALL_HEADS)
		die("site %s: more than %d heads at all sites together", site, MAX_ALL_HEADS);
	a->site = must_alloc(strlen(site) + 1, 1);
	strcpy(a->site, site);
	begin_sums(a, heads);
	if (all->count == all->room) {
		all->room = 2 * all->room + 64;
		all->at = must_realloc(all->at, (size_t)all->room, sizeof(struct average *));
	}
	if (!tsearch(a, &all->by_site, compare_names))
		die("out of memory");
	return all->at[all->count++] = a;
}

/* The average of a site, new where it is the first time that the site is seen. */
static struct average *find_site(struct averages *all, char *site, long heads)
{
	struct average *const *found =
		tfind(&(struct average){ .site = site }, &all->by_site, compare_names);

	if (!found)
		return new_average(all, site, heads);
	if ((*found)->heads != heads)
		die("site %s has %ld heads here but %ld before", site, heads, (*found)->heads);
	return *found;
}

static void count_more(struct average *a, long steps, long drawn, long sentences)
{
	if (steps > max_steps - a->steps)
		die("site %s has more than 2^53 steps", a->site);
	a->steps += steps;
	a->drawn += drawn;
	a->sentences += sentences;
}

static void close_sentence(const struct averages *all, struct average *a)
{
	if (!a->open.rows)
		return;
	long steps = drawn_end(&a->open, a->sentence, a->site);
	double n = (double)steps, drawn = (double)a->open.rows;
	struct sentence_row row = { all->segment, a->sentence, steps, a->open_text };
	double *kept = all->keep ? sentence_rows_add(&a->kept, row, a->heads) : NULL;

	for (long h = 0; h < a->heads; h++) {
		double y = sum_estimate(exact_rows_value(&a->open_x, h), n, drawn);

		exact_rows_add_product(&a->yy, h, y, y);
		exact_rows_add_product(&a->yn, h, y, n);
		if (kept)
			kept[h] = y;
	}
	sums_take(&a->x, &a->open_x, n, drawn);
	sums_take(&a->xx, &a->open_xx, n, drawn);
	exact_add_product(&a->nn, n, n);
	count_more(a, steps, a->open.rows, 1);
	a->cut += a->open_cut;
	a->summed += a->open_summed;
	a->open = (struct drawn_sum){ 0 };
	a->open_cut = a->open_summed = false;
}

static char *site_of(const struct record *r)
{
	const char *site = record_text(r, "site");

	return arena_text(r->arena, site, strlen(site));
}

void averages_add_heads(struct averages *all, const struct record *r)
{
	struct tensor t = record_tensor(r, "relevance");

	tensor_expect(&t, "relevance", 2, -1L, -1L);
	const double *x = tensor_doubles(&t, r->arena, "relevance");
	struct average *a = find_site(all, site_of(r), t.shape[1]);

	if (t.shape[0] < 1)
		die("site %s: a record without steps", a->site);
	struct drawn d = record_drawn(r, t.shape[0]);
	long sentence = record_int(r, "sentence");

	if (sentence != a->sentence)
		close_sentence(all, a);
	drawn_add(&a->open, &d, sentence, a->site);
	a->sentence = sentence;
	double steps = (double)d.rows / (double)t.shape[0]; /* in each row */
	for (long s = 0; s < t.shape[0]; s++) {
		for (long h = 0; h < a->heads; h++, x++) {
			exact_rows_add(&a->open_x, h, *x);
			exact_rows_add_product(&a->open_xx, h, *x, *x / steps);
		}
	}
	a->open_cut |= cut_is(r);
	a->open_summed |= record_has(r, "summed");
	a->open_text =
		record_has(r, "text_hash") ? strtoull(record_text(r, "text_hash"), NULL, 16) : 0;
}

/* The average that a record holds. */
static void read_average(struct average *a, const struct record *r)
{
	const msgpack_object *sums = record_map(r, "sums");
	struct exact_rows nn;

	exact_rows_new(&nn, 1);
	sums_read(r, sums, "x", &a->x);
	sums_read(r, sums, "xx", &a->xx);
	sums_read(r, sums, "yy", &a->yy);
	sums_read(r, sums, "yn", &a->yn);
	sums_read(r, sums, "nn", &nn);
	a->nn = exact_rows_get(&nn, 0);
	exact_rows_free(&nn);
}

void averages_add_average(struct averages *all, const struct record *r)
{
	long steps = record_int(r, "steps"), sentences = record_int(r, "sentences");
	long drawn = record_has(r, "drawn") ? record_int(r, "drawn") : steps;
	long cut = record_has(r, "cut") ? record_int(r, "cut") : 0;
	long summed = record_has(r, "summed") ? record_int(r, "summed") : 0;
	struct average *a = find_site(all, site_of(r), record_int(r, "heads"));
	struct average new = {
		.site = a->site, .steps = steps, .drawn = drawn, .sentences = sentences
	};

	if (sentences < 1 || steps < sentences)
		die("site %s: %ld steps of %ld sentences cannot be", a->site, steps, sentences);
	if (drawn < sentences || drawn > steps)
		die("site %s: %ld of %ld steps of %ld sentences cannot be drawn", a->site, drawn,
			steps, sentences);
	if (cut < 0 || cut > sentences)
		die("site %s: %ld of %ld sentences cannot be cut", a->site, cut, sentences);
	if (summed < 0 || summed > sentences)
		die("site %s: %ld of %ld sentences cannot be summed", a->site, summed, sentences);
	count_more(a, steps, drawn, sentences);
	a->cut += cut;
	a->summed += summed;
	begin_sums(&new, a->heads);
	read_average(&new, r);
	average_check(&new, r);
	exact_rows_merge(&a->x, &new.x);
	exact_rows_merge(&a->xx, &new.xx);
	exact_rows_merge(&a->yy, &new.yy);
	exact_rows_merge(&a->yn, &new.yn);
	exact_merge(&a->nn, &new.nn);
	free_sums(&new);
}

void averages_check_header(const struct record *header)
{
	if (record_has(header, "greedy"))
		die("this is an order of heads (head-greedy), not an average; merge the "
		    "interactions with head-interact");
	if (record_has(header, "compared"))
		die("these are differences of two (head-compare), not averages; take what they were "
		    "made of");
}

void averages_close(struct averages *all)
{
	for (int i = 0; i < all->count; i++)
		close_sentence(all, all->at[i]);
}

long averages_cut(const struct averages *all)
{
	long most = 0;

	for (int i = 0; i < all->count; i++)
		if (all->at[i]->cut > most)
			most = all->at[i]->cut;
	return most;
}

static int compare(const void *a, const void *b)
{
	return site_compare(
		(*(struct average *const *)a)->site, (*(struct average *const *)b)->site);
}

void averages_sort(struct averages *all)
{
	if (all->count)
		qsort(all->at, (size_t)all->count, sizeof(struct average *), compare);
}

static void draft_results(const struct average *a, struct draft *d)
{
	double *value = must_alloc((size_t)a->heads * 5, sizeof *value);
	double *mean = value, *spread = mean + a->heads, *error = spread + a->heads;
	double *low = error + a->heads, *high = low + a->heads;

	for (long h = 0; h < a->heads; h++) {
		struct average_result r = average_result(a, h);

		mean[h] = r.mean;
		spread[h] = r.deviation;
		error[h] = r.error;
		low[h] = r.low;
		high[h] = r.high;
	}
	draft_doubles(d, "mean", mean, 1, a->heads);
	if (a->drawn > 1 && !a->summed)
		draft_doubles(d, "deviation", spread, 1, a->heads);
	if (a->sentences > 1) {
		draft_doubles(d, "error", error, 1, a->heads);
		draft_doubles(d, "low", low, 1, a->heads);
		draft_doubles(d, "high", high, 1, a->heads);
	}
	free(value);
}

void average_draft(struct average *a, struct draft *d)
{
	exact_canonical(&a->nn);
	unsigned char nn = (unsigned char)a->nn.count;
	draft_text(d, "site", a->site);
	draft_int(d, "heads", a->heads);
	draft_int(d, "steps", a->steps);
	if (a->drawn < a->steps)
		draft_int(d, "drawn", a->drawn);
	draft_int(d, "sentences", a->sentences);
	if (a->cut)
		draft_int(d, "cut", a->cut);
	if (a->summed)
		draft_int(d, "summed", a->summed);
	draft_results(a, d);
	draft_map(d, "sums", 5);
	sums_draft(d, "x", &a->x);
	sums_draft(d, "xx", &a->xx);
	sums_draft(d, "yy", &a->yy);
	sums_draft(d, "yn", &a->yn);
	sums_draft(d, "nn", &(struct exact_rows){ 1, EXACT_PARTS, &nn, a->nn.part });
}
