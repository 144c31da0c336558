/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_RANK_H
#define LRP_STAT_RANK_H

#include <stdbool.h>

#include "stat/resample.h"
#include "stat/shares.h"

/* Within what heads are ranked. */
enum rank_per { PER_LAYER, PER_KIND, PER_GLOBAL };

/* How heads are ranked and chosen: at most one of `prune` and `keep` is not negative. */
struct rank_rule {
	enum rank_per per;
	bool groups;	  /* heads that share keys and values are one unit */
	long prune, keep; /* units of each scope; negative: none are chosen */
};

/* What is ranked: heads that follow each other in the shares, one or a group. */
struct rank_unit {
	long first, size;
	double score; /* the sum of its heads' means */
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
	long count, scope_count;
	bool chosen;
	long samples;
};

/* Rank the heads by their means. Equal means are ordered by site and head. */
struct ranking *rank_shares(const struct shares *s, const struct rank_rule *rule);

/* Count over bootstrap samples of sentences how often each unit is kept. */
void rank_bootstrap(
	struct ranking *r, const struct shares *s, struct resample *x, long samples, long seed);

#endif
