/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RANK_RANK_H
#define LRP_RANK_RANK_H

#include <stdbool.h>

#include "rank/resample.h"
#include "rank/head_shares.h"

/* Within what heads are ranked. */
enum rank_per { PER_LAYER, PER_KIND, PER_GLOBAL };

/* How many units of a scope: a number, or percent of them. */
struct rank_amount {
	bool given, percent;
	double value;
};

/* How heads are ranked and chosen: at most one of `prune` and `keep` is given. */
struct rank_rule {
	enum rank_per per;
	bool groups; /* heads that share keys and values are one unit */
	struct rank_amount prune, keep;
	long leave; /* heads that stay in each layer, at least, where it has so many */
};

/* "12" or "30%", from 0% to 100%; NULL: not given. A mistake in `option`'s value is a usage error.
 */
struct rank_amount rank_amount_parse(const char *option, const char *text);

/* What is ranked: heads that follow each other in the shares, one or a group. */
struct rank_unit {
	long first, size;
	long layer;   /* its number among the layers of all sites */
	double score; /* the sum of its heads' means, or of their places */
	long rank;    /* 1: the most relevant of its scope */
	bool kept;
	long samples; /* bootstrap samples in which it was kept */
};

/* The units from .. to-1 are ranked among each other; `keep` of them are kept. */
struct rank_scope {
	long from, to, keep;
};

struct ranking {
	struct rank_unit *units;
	struct rank_scope *scopes;
	long *order; /* the units by scope, the most relevant first */
	long *leave; /* of each layer: units that stay, at least */
	long count, scope_count, layer_count;
	bool chosen;
	long samples;
};

/*
 * Rank the heads by their means, or by their places in an order. Equal means are ordered by site and head. Kept are the most
 * relevant `leave` of each layer, then the most relevant of the others.
 */
struct ranking *rank_shares(const struct head_shares *s, const struct rank_rule *rule);

/* Count over bootstrap samples of sentences how often each unit is kept. */
void rank_bootstrap(struct ranking *r, const struct head_shares *s, struct resample *x,
	long samples, long seed);

#endif
