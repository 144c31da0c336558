/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RANK_HEAD_SHARES_H
#define LRP_RANK_HEAD_SHARES_H

#include <stdbool.h>

#include "base/arena.h"
#include "stream/stream.h"

/* What an average says of one head; `spread` is false where it says no error and interval. */
struct share {
	const char *site, *kind; /* "enc-self.4", "enc-self" */
	long layer, head, was;	 /* was: its number before heads of its layer were taken out */
	double mean, error, low, high;
	double place; /* at which it goes in an order (head-greedy), 1 first; else its mean */
	bool spread;
};

/*
 * All heads of averages, ordered by site and head. The heads of one site follow each other, and so
 * do the sites of one kind. Everything lives in the arena.
 */
struct head_shares {
	struct share *at;
	long count, room;
	long steps, sentences;		 /* the most that any site was averaged over */
	long layers;			 /* of the header's model; 0: it does not say */
	long group;			 /* its heads that share keys and values */
	const char *model, *norm, *rule; /* names; NULL: the header does not say */
	const char *measure, *start;	 /* of heads that are not relevance; of those that are */
	bool greedy;			 /* an order of head-greedy */
	long unit;	    /* heads that an entry of `at` has together: 1, or a group */
	const char *pruned; /* heads that were taken out of the model; NULL: none */
	/* Of differences (head-compare), "rule a minus rule b, 100 sentences in pairs"; else NULL. */
	const char *compared;
	struct arena arena;
};

/*
 * Read a stream of averages to its end; with a `kind` only the sites of this kind. Dies where a
 * site comes twice, is no layer of attention (KIND.LAYER), or where nothing came.
 */
struct head_shares *shares_read(struct instream *in, const char *kind);

/*
 * What averages say of themselves: model, rule or measure, start, norm, steps and sentences; and what their
 * numbers are.
 */
const char *shares_title(const struct head_shares *s, struct arena *a);
const char *shares_legend(const struct head_shares *s, struct arena *a);

/* The first share after `i` of another site, or of another kind. */
long shares_site_end(const struct head_shares *s, long i);
long shares_kind_end(const struct head_shares *s, long i);

/* How many heads share their keys and values at the site of share i: 1, or the size of a group. */
long shares_group(const struct head_shares *s, long i);

/*
 * The same of groups: an entry has the sum of the means of heads that share their keys and values, and
 * the group's number as its head's; it has no spread.
 */
void shares_group_all(struct head_shares *s);

/*
 * The size [layers, heads] of the matrix of a kind, whose shares are from .. to-1. Layers and heads
 * count up to the last one that was measured; those of enc-self at least as many as the model has.
 */
void shares_matrix(const struct head_shares *s, long from, long to, long *layers, long *heads);

#endif
