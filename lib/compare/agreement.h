/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_COMPARE_AGREEMENT_H
#define LRP_COMPARE_AGREEMENT_H

#include "compare/head_difference.h"

/* Do both sides agree on which heads are the larger ones? */
enum agreement_measure {
	AGREE_SPEARMAN,
	AGREE_KENDALL, /* tau-b */
	AGREE_OVERLAP, /* the part of the k largest means of A that are among those of B */
	AGREE_MEASURES
};

extern const char *const agreement_names[AGREE_MEASURES];

/* Of all heads, of a kind of attention, or the mean over layers of those within a layer. */
enum agreement_heads { AGREE_ALL, AGREE_KIND, AGREE_LAYER };

struct agreement_row {
	enum agreement_measure measure;
	enum agreement_heads among;
	const char *kind; /* NULL, but of AGREE_KIND */
	long from, to;	  /* the matched sites */
	double value;	  /* NaN: all means are the same */
	double low, high; /* NaN: no interval */
};

struct agreement {
	struct agreement_row *row;
	long rows, top, samples, seed;
	bool intervals;
};

/*
 * The measures of the means. Where both sides have sentences, more than one, with the interval value -+ 1.96
 * deviations over bootstrap samples (within what is possible): quantiles would lie below the value, as samples have the noise of their
 * sentences twice. A sample draws as many sentences as there are, with replacement; of pairs both together, else first those of A, then those of B.
 * Dies where `top` is more than there are heads; -1: 10, or all where there are fewer.
 */
struct agreement *agreement_of(const struct matched_heads *m, const struct paired *x,
	const struct head_difference *d, long top, long samples, long seed);

#endif
