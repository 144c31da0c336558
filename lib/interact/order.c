/* SPDX-License-Identifier: Apache-2.0 */
#include "interact/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "interact/greedy.h"
#include "record/group.h"
#include "record/pruned.h"

/* The interactions and the order that comes of them. */
struct order {
	const struct order_request *asked;
	struct interaction_means means;
	long unit;
	bool *gone;		 /* [heads] */
	long masked;		 /* how many of them */
	struct departure *going; /* [heads] */
	struct arena arena;
};

/* The heads of a site, `first` being its first. */
static long site_end(const struct interaction_means *m, long first)
{
	long h = first;

	while (h < m->heads && strcmp(m->head[h].site, m->head[first].site) == 0)
		h++;
	return h;
}

static void check_groups(const struct order *x)
{
	for (long first = 0, end; first < x->means.heads; first = end) {
		end = site_end(&x->means, first);
		if ((end - first) % x->unit)
			die("site %s has %ld heads, which are no groups of %ld",
				x->means.head[first].site, end - first, x->unit);
		for (long h = first; h < end; h++)
			if (x->means.head[h].head != h - first)
				die("site %s has no head %ld", x->means.head[h].site, h - first);
	}
}

static void find_gone(struct order *x, const struct record *header)
{
	const char *masked = masked_heads(header);

	x->gone = arena_zero(&x->arena, (size_t)x->means.heads, sizeof *x->gone);
	for (long h = 0; h < x->means.heads; h++) {
		x->gone[h] = heads_listed(masked, x->means.head[h].site, x->means.head[h].head);
		x->masked += x->gone[h];
	}
	for (long h = 0; h < x->means.heads; h++)
		if (x->gone[h] != x->gone[h - h % x->unit])
			die("some heads of %s that share keys and values are masked, and some are not",
				x->means.head[h].site);
}

/* One site of the order before: its masked heads keep their places. */
static long take_places(struct order *x, const struct record *r)
{
	const char *site = record_text(r, "site");
	struct tensor mean = record_tensor(r, "mean"), place = record_tensor(r, "place");
	long heads = record_int(r, "heads"), taken = 0, first = 0;

	tensor_expect(&mean, "mean", 1, heads);
	tensor_expect(&place, "place", 1, heads);
	while (first < x->means.heads && strcmp(x->means.head[first].site, site))
		first++;
	if (first == x->means.heads || site_end(&x->means, first) - first != heads)
		die("site %s has %ld heads here, and not among the interactions", site, heads);
	const double *m = tensor_doubles(&mean, r->arena, "mean");
	const double *p = tensor_doubles(&place, r->arena, "place");

	for (long h = 0; h < heads; h++) {
		if (!x->gone[first + h])
			continue;
		if (!(p[h] >= 0 && p[h] <= (double)x->means.heads))
			die("head %ld of site %s has the place %g", h, site, p[h]);
		x->going[first + h] = (struct departure){ (long)p[h], m[h] };
		taken++;
	}
	return taken;
}

/* The masked heads keep the places that they went at. */
static void go_on_after(struct order *x)
{
	struct instream *in = stream_open_file(x->asked->after, "average");
	struct record r;
	long taken = 0;

	while (stream_next(in, &r))
		if (!r.is_header)
			taken += take_places(x, &r);
	if (taken != x->masked)
		die("it has %ld of the %ld masked heads", taken, x->masked);
	stream_close(in);
	place_source(NULL);
}

static void find_order(struct order *x, const struct record *header)
{
	long last = 0;

	x->unit = x->asked->groups ? model_group(header) : 1;
	check_groups(x);
	find_gone(x, header);
	x->going = arena_array(&x->arena, (size_t)x->means.heads, sizeof *x->going);
	greedy_order(&x->means, x->asked->factor, x->unit, x->gone, x->going);
	if (!x->asked->after)
		return;
	go_on_after(x);
	for (long h = 0; h < x->means.heads; h++)
		if (x->gone[h] && x->going[h].place > last)
			last = x->going[h].place;
	for (long h = 0; h < x->means.heads; h++)
		x->going[h].place += x->gone[h] ? 0 : last;
}

static void put_site(const struct order *x, long first, long heads, struct outstream *out)
{
	double *mean = must_alloc((size_t)heads * 2, sizeof *mean), *place = mean + heads;
	struct draft *d = stream_draft(out, "average");

	for (long h = 0; h < heads; h++) {
		mean[h] = x->going[first + h].losing;
		place[h] = (double)x->going[first + h].place;
	}
	draft_text(d, "site", x->means.head[first].site);
	draft_int(d, "heads", heads);
	draft_int(d, "steps", x->means.steps);
	draft_int(d, "sentences", x->means.sentences);
	draft_doubles(d, "mean", mean, 1, heads);
	draft_doubles(d, "place", place, 1, heads);
	stream_put(out, d);
	free(mean);
}

static void put_order(const struct order *x, const struct record *header, struct outstream *out)
{
	struct draft *d = stream_header_draft(out, header, "greedy", NULL);

	draft_map(d, "greedy", 2);
	draft_real(d, "factor", x->asked->factor);
	draft_text(d, "unit", x->asked->groups ? "group" : "head");
	stream_begin(out, d);
	for (long first = 0, end; first < x->means.heads; first = end) {
		end = site_end(&x->means, first);
		put_site(x, first, end - first, out);
	}
}

/* The names outlive the record. */
static void keep_names(struct order *x)
{
	struct named_head *head = arena_array(&x->arena, (size_t)x->means.heads, sizeof *head);

	for (long h = 0; h < x->means.heads; h++) {
		const char *site = x->means.head[h].site;

		head[h] = (struct named_head){ arena_text(&x->arena, site, strlen(site)),
			x->means.head[h].head };
	}
	x->means.head = head;
}

void order_write(const struct order_request *q, struct instream *in, struct outstream *out)
{
	struct order x = { .asked = q };
	struct record r;

	while (stream_next(in, &r)) {
		if (r.is_header)
			continue;
		if (x.means.heads)
			die("a second record; merge them with head-interact");
		x.means = interactions_read(&r);
		find_order(&x, stream_header(in));
		keep_names(&x);
	}
	if (!x.means.heads)
		die("no interactions came in");
	put_order(&x, stream_header(in), out); /* the stream was whole */
	arena_free(&x.arena);
}
