/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/average.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "stat/site.h"
#include "stat/student.h"

enum { MAX_HEADS = 1 << 16 };
static const long max_steps = 1L << 53; /* a double counts so far */

static struct exact *new_sums(long heads)
{
	struct exact *sums = must_alloc((size_t)heads, sizeof *sums);

	memset(sums, 0, (size_t)heads * sizeof *sums);
	return sums;
}

static struct average *new_average(const char *site, long heads)
{
	if (heads < 1 || heads > MAX_HEADS)
		die("site %s has %ld heads; 1 to %d can be averaged", site, heads, MAX_HEADS);

	struct average *a = must_alloc(1, sizeof *a);

	memset(a, 0, sizeof *a);
	a->site = must_alloc(strlen(site) + 1, 1);
	strcpy(a->site, site);
	a->heads = heads;
	a->x = new_sums(heads);
	a->xx = new_sums(heads);
	a->yy = new_sums(heads);
	a->yn = new_sums(heads);
	a->y = new_sums(heads);
	return a;
}

/* The average of a site, new where it is the first time that the site is seen. */
static struct average *find_site(struct averages *all, const char *site, long heads)
{
	for (int i = 0; i < all->count; i++) {
		struct average *a = all->at[i];

		if (strcmp(a->site, site))
			continue;
		if (a->heads != heads)
			die("site %s has %ld heads here but %ld before", site, heads, a->heads);
		return a;
	}
	all->at = must_realloc(all->at, (size_t)all->count + 1, sizeof(struct average *));
	return all->at[all->count++] = new_average(site, heads);
}

static void count_more(struct average *a, long steps, long sentences)
{
	if (steps > max_steps - a->steps)
		die("site %s has more than 2^53 steps", a->site);
	a->steps += steps;
	a->sentences += sentences;
}

static void close_sentence(struct average *a)
{
	double n = (double)a->open_steps;

	if (!a->open_steps)
		return;
	for (long h = 0; h < a->heads; h++) {
		double y = exact_value(&a->y[h]);

		exact_merge(&a->x[h], &a->y[h]);
		exact_add_product(&a->yy[h], y, y);
		exact_add_product(&a->yn[h], y, n);
		a->y[h].count = 0;
	}
	exact_add_product(&a->nn, n, n);
	count_more(a, a->open_steps, 1);
	a->cut += a->open_cut;
	a->open_steps = 0;
	a->open_cut = false;
}

/* A record of `sentence` comes: it must start where the one before it ended. */
static void continue_sentence(struct average *a, long sentence, long first_step)
{
	if (sentence != a->sentence)
		close_sentence(a);
	if (first_step != a->open_steps)
		die("sentence %ld of site %s: step %ld expected, record starts at step %ld; "
		    "steps are missing or doubled",
			sentence, a->site, a->open_steps, first_step);
	a->sentence = sentence;
}

static bool is_cut(const struct record *r)
{
	const msgpack_object *cut = record_find(r, "cut");

	return cut && cut->type == MSGPACK_OBJECT_BOOLEAN && cut->via.boolean;
}

void averages_add_heads(struct averages *all, const struct record *r)
{
	struct tensor t = record_tensor(r, "relevance");

	tensor_expect(&t, "relevance", 2, -1L, -1L);
	const double *x = tensor_doubles(&t, r->arena, "relevance");
	struct average *a = find_site(all, record_text(r, "site"), t.shape[1]);

	if (t.shape[0] < 1)
		die("site %s: a record without steps", a->site);
	continue_sentence(a, record_int(r, "sentence"), record_int(r, "first_step"));
	for (long s = 0; s < t.shape[0]; s++) {
		for (long h = 0; h < a->heads; h++, x++) {
			exact_add(&a->y[h], *x);
			exact_add_product(&a->xx[h], *x, *x);
		}
	}
	a->open_steps += t.shape[0];
	a->open_cut |= is_cut(r);
}

/* Add the sums of a record's map, one row for each. */
static void read_sums(const struct record *r, const msgpack_object *sums, const char *key,
	long rows, struct exact *to)
{
	struct tensor t = map_tensor(sums, "sums", key);

	tensor_expect(&t, key, 2, rows, -1L);
	const double *x = tensor_doubles(&t, r->arena, key);

	for (long i = 0; i < rows; i++)
		for (long k = 0; k < t.shape[1]; k++)
			exact_add(&to[i], *x++);
}

void averages_add_average(struct averages *all, const struct record *r)
{
	const msgpack_object *sums = record_map(r, "sums");
	long steps = record_int(r, "steps"), sentences = record_int(r, "sentences");
	long cut = record_has(r, "cut") ? record_int(r, "cut") : 0;
	struct average *a = find_site(all, record_text(r, "site"), record_int(r, "heads"));

	if (sentences < 1 || steps < sentences)
		die("site %s: %ld steps of %ld sentences cannot be", a->site, steps, sentences);
	if (cut < 0 || cut > sentences)
		die("site %s: %ld of %ld sentences cannot be cut", a->site, cut, sentences);
	read_sums(r, sums, "x", a->heads, a->x);
	read_sums(r, sums, "xx", a->heads, a->xx);
	read_sums(r, sums, "yy", a->heads, a->yy);
	read_sums(r, sums, "yn", a->heads, a->yn);
	read_sums(r, sums, "nn", 1, &a->nn);
	count_more(a, steps, sentences);
	a->cut += cut;
}

void averages_close(struct averages *all)
{
	for (int i = 0; i < all->count; i++)
		close_sentence(all->at[i]);
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

static struct exact product(const struct exact *a, const struct exact *b)
{
	struct exact p = { .count = 0 };

	exact_add_exact_product(&p, a, b);
	return p;
}

/* The quotient of rounded numbers, and what its rounding left of the sum, divided in turn. */
static double mean_value(const struct average *a, long h)
{
	double n = (double)a->steps, m = exact_value(&a->x[h]) / n;
	struct exact rest = a->x[h];

	exact_add_product(&rest, -m, n);
	return m + exact_value(&rest) / n;
}

/* N sum x^2 - (sum x)^2 = N sum (x - m)^2 */
static double deviation(const struct average *a, long h)
{
	double n = (double)a->steps;
	struct exact steps = { 1, { n } },
		     minus_x = product(&a->x[h], &(struct exact){ 1, { -1 } });
	struct exact total = product(&steps, &a->xx[h]);

	exact_add_exact_product(&total, &minus_x, &a->x[h]);
	return sqrt(fmax(exact_value(&total), 0) / n / (n - 1));
}

/* N^2 sum y^2 - 2 N (sum x) sum y n + (sum x)^2 sum n^2 = N^2 sum (y - m n)^2 */
static double standard_error(const struct average *a, long h)
{
	double n = (double)a->steps, c = (double)a->sentences;
	struct exact steps = { 1, { n } }, minus_two = { 1, { -2 } };
	struct exact n_yy = product(&steps, &a->yy[h]), n_x = product(&steps, &a->x[h]);
	struct exact n_x_yn = product(&n_x, &a->yn[h]), x_x = product(&a->x[h], &a->x[h]);
	struct exact total = product(&steps, &n_yy);

	exact_add_exact_product(&total, &minus_two, &n_x_yn);
	exact_add_exact_product(&total, &x_x, &a->nn);
	return sqrt(c / (c - 1) * fmax(exact_value(&total), 0)) / n / n;
}

/* Rows of equal length, the largest part first, zeros behind the last. */
static void draft_sums(struct draft *d, const char *key, const struct exact *sums, long rows)
{
	long parts = 1;

	for (long i = 0; i < rows; i++)
		if (sums[i].count > parts)
			parts = sums[i].count;

	double *data = must_alloc((size_t)(rows * parts), sizeof *data);

	for (long i = 0; i < rows; i++)
		for (long k = 0; k < parts; k++)
			data[i * parts + k] =
				k < sums[i].count ? sums[i].part[sums[i].count - 1 - k] : 0;
	draft_doubles(d, key, data, 2, rows, parts);
	free(data);
}

static void draft_results(const struct average *a, struct draft *d)
{
	double *value = must_alloc((size_t)a->heads * 5, sizeof *value);
	double *mean = value, *spread = mean + a->heads, *error = spread + a->heads;
	double *low = error + a->heads, *high = low + a->heads;
	double t = a->sentences > 1 ? student_95(a->sentences - 1) : 0;

	for (long h = 0; h < a->heads; h++) {
		mean[h] = mean_value(a, h);
		spread[h] = a->steps > 1 ? deviation(a, h) : 0;
		error[h] = a->sentences > 1 ? standard_error(a, h) : 0;
		low[h] = mean[h] - t * error[h];
		high[h] = mean[h] + t * error[h];
	}
	draft_doubles(d, "mean", mean, 1, a->heads);
	if (a->steps > 1)
		draft_doubles(d, "deviation", spread, 1, a->heads);
	if (a->sentences > 1) {
		draft_doubles(d, "error", error, 1, a->heads);
		draft_doubles(d, "low", low, 1, a->heads);
		draft_doubles(d, "high", high, 1, a->heads);
	}
	free(value);
}

static void make_canonical(struct average *a)
{
	for (long h = 0; h < a->heads; h++) {
		exact_canonical(&a->x[h]);
		exact_canonical(&a->xx[h]);
		exact_canonical(&a->yy[h]);
		exact_canonical(&a->yn[h]);
	}
	exact_canonical(&a->nn);
}

void average_draft(struct average *a, struct draft *d)
{
	make_canonical(a);
	draft_text(d, "site", a->site);
	draft_int(d, "heads", a->heads);
	draft_int(d, "steps", a->steps);
	draft_int(d, "sentences", a->sentences);
	if (a->cut)
		draft_int(d, "cut", a->cut);
	draft_results(a, d);
	draft_map(d, "sums", 5);
	draft_sums(d, "x", a->x, a->heads);
	draft_sums(d, "xx", a->xx, a->heads);
	draft_sums(d, "yy", a->yy, a->heads);
	draft_sums(d, "yn", a->yn, a->heads);
	draft_sums(d, "nn", &a->nn, 1);
}
