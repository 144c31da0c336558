/* SPDX-License-Identifier: Apache-2.0 */
#include "rank/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "record/drawn.h"
#include "stat/bootstrap.h"
#include "record/site.h"

/* Numbers of a sentence: the segment of the stream, the line in it; its steps, drawn or all. */
struct sentence_sums {
	long segment, line;
	long steps;
	struct drawn_sum drawn;
};

/* The sums of one site's heads: y [sentences, heads]. */
struct site_sums {
	const char *site;
	long first, heads; /* among the shares */
	struct sentence_sums *sentences;
	double *y;
	long count, room;
};

struct resample {
	struct site_sums *sites;
	long site_count;
	long *weight; /* how often each sentence is drawn */
};

static void make_sites(struct resample *x, const struct head_shares *s)
{
	x->sites = must_alloc((size_t)s->count, sizeof *x->sites);
	for (long i = 0; i < s->count; i = shares_site_end(s, i))
		x->sites[x->site_count++] = (struct site_sums){
			.site = s->at[i].site, .first = i, .heads = shares_site_end(s, i) - i
		};
}

static int compare(const void *site, const void *sums)
{
	return site_compare(site, ((const struct site_sums *)sums)->site);
}

/* The sites are in the order of the shares. */
static struct site_sums *find_site(const struct resample *x, const char *site)
{
	return bsearch(site, x->sites, (size_t)x->site_count, sizeof *x->sites, compare);
}

/* The last sentence is whole. Of drawn steps the sum stands for all. */
static void end_sentence(struct site_sums *t)
{
	struct sentence_sums *last = &t->sentences[t->count - 1];

	last->steps = drawn_end(&last->drawn, last->line, t->site);
	for (long h = 0; last->drawn.rows < last->steps && h < t->heads; h++)
		t->y[(t->count - 1) * t->heads + h] *=
			(double)last->steps / (double)last->drawn.rows;
}

/* The sentence of a record: the last one where it goes on, else a new one. */
static struct sentence_sums *find_sentence(struct site_sums *t, long segment, long line)
{
	struct sentence_sums *last = t->count ? &t->sentences[t->count - 1] : NULL;

	if (last && last->segment == segment && last->line == line)
		return last;
	if (last)
		end_sentence(t);
	if (t->count == t->room) {
		t->room = 2 * t->room + 64;
		t->sentences = must_realloc(t->sentences, (size_t)t->room, sizeof *t->sentences);
		t->y = must_realloc(t->y, (size_t)t->room, (size_t)t->heads * sizeof *t->y);
	}
	memset(t->y + t->count * t->heads, 0, (size_t)t->heads * sizeof *t->y);
	t->sentences[t->count] = (struct sentence_sums){ .segment = segment, .line = line };
	return &t->sentences[t->count++];
}

static void take_heads(struct resample *x, const struct record *r, long segment)
{
	struct site_sums *t = find_site(x, record_text(r, "site"));
	struct tensor relevance = record_tensor(r, "relevance");

	if (!t)
		return;
	tensor_expect(&relevance, "relevance", 2, -1L, t->heads);
	if (relevance.shape[0] < 1)
		die("site %s: a record without steps", t->site);

	const double *from = tensor_doubles(&relevance, r->arena, "relevance");
	struct drawn d = record_drawn(r, relevance.shape[0]);
	struct sentence_sums *c = find_sentence(t, segment, record_int(r, "sentence"));

	drawn_add(&c->drawn, &d, c->line, t->site);
	double *y = t->y + (t->count - 1) * t->heads;

	for (long step = 0; step < relevance.shape[0]; step++)
		for (long h = 0; h < t->heads; h++)
			y[h] += *from++;
}

static void same_sentences(const struct site_sums *a, const struct site_sums *b)
{
	size_t size = (size_t)a->count * sizeof *a->sentences;

	if (!b->count)
		die("no heads of site %s came in", b->site);
	if (a->count != b->count || memcmp(a->sentences, b->sentences, size))
		die("site %s has other sentences than site %s, or in another order", b->site,
			a->site);
}

/* The means of one site, with the weights. */
static void site_means(const struct site_sums *t, const long *weight, double *mean)
{
	double n = 0;

	memset(mean, 0, (size_t)t->heads * sizeof *mean);
	for (long c = 0; c < t->count; c++) {
		const double *y = t->y + c * t->heads;
		double w = (double)weight[c];

		if (!weight[c])
			continue;
		for (long h = 0; h < t->heads; h++)
			mean[h] += w * y[h];
		n += w * (double)t->sentences[c].steps;
	}
	for (long h = 0; h < t->heads; h++)
		mean[h] /= n;
}

/* Are these the heads that were averaged? */
static void same_means(struct resample *x, const struct head_shares *s)
{
	for (long i = 0; i < x->site_count; i++) {
		const struct site_sums *t = &x->sites[i];
		double *mean = must_alloc((size_t)t->heads, sizeof *mean), largest = 0;

		site_means(t, x->weight, mean);
		for (long h = 0; h < t->heads; h++)
			largest = fmax(largest, fabs(s->at[t->first + h].mean));
		for (long h = 0; h < t->heads; h++)
			if (!(fabs(mean[h] - s->at[t->first + h].mean) <= 1e-6 * largest))
				die("head %ld of site %s has the mean %g here but %g in the "
				    "average: these are other heads",
					h, t->site, mean[h], s->at[t->first + h].mean);
		free(mean);
	}
}

struct resample *resample_read(const char *file, const struct head_shares *s)
{
	struct resample *x = must_alloc(1, sizeof *x);
	struct instream *in = stream_open_file(file, "heads");
	struct record r;
	long segments = 0;

	*x = (struct resample){ .site_count = 0 };
	make_sites(x, s);
	while (stream_next(in, &r)) {
		if (r.is_header)
			segments++;
		else
			take_heads(x, &r, segments);
	}
	for (long i = 0; i < x->site_count; i++)
		if (x->sites[i].count)
			end_sentence(&x->sites[i]);
	for (long i = 0; i < x->site_count; i++)
		same_sentences(&x->sites[0], &x->sites[i]);
	x->weight = must_alloc((size_t)x->sites->count, sizeof *x->weight);
	for (long c = 0; c < x->sites->count; c++)
		x->weight[c] = 1;
	same_means(x, s);
	place_source(NULL);
	return x;
}

void resample_draw(struct resample *x, uint64_t *state, double *mean)
{
	long count = x->sites->count;

	bootstrap_draw(x->weight, count, state);
	for (long i = 0; i < x->site_count; i++)
		site_means(&x->sites[i], x->weight, mean + x->sites[i].first);
}
