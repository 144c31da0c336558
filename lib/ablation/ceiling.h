/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_CEILING_H
#define LRP_ABLATION_CEILING_H

#include "ablation/curves.h"
#include "ablation/groups.h"

/* Fewer sentences have next to no halves; fewer heads have ranks that are the same or reversed. */
enum { CEILING_SENTENCES = 4, CEILING_HEADS = 3 };

/*
 * What masking each head alone costs in each of two random halves of the sentences, for many
 * splits: effect[split][half] is [heads].
 */
struct half_costs {
	double *(*effect)[2];
	long splits; /* 0: there are too few sentences */
};

/* As many splits as the ablation has samples, by its seed. */
struct half_costs halves_measure(const struct ablation *a);

/*
 * How well costs that were measured on these sentences can be foretold: the noise ceiling of the
 * correlations within some groups of heads.
 *
 *   r            the costs in one half correlated with those in the other: mean over the groups, and
 *                over the splits
 *   reliability  2 r / (1 + r): so two texts of full size would correlate (Spearman, Brown)
 *   attainable   sqrt(reliability): so would the true costs with those that were measured
 *
 * attainable is NaN where reliability is not above 0, both are where nothing correlates; `note` then
 * says why, else it is empty.
 */
struct ceiling {
	double reliability, attainable;
	const char *note;
};
struct ceiling ceiling_of(
	const struct half_costs *h, const struct head_groups *g, correlation_of *correlation);

#endif
