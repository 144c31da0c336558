/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RANK_RESAMPLE_H
#define LRP_RANK_RESAMPLE_H

#include <stdint.h>

#include "rank/head_shares.h"

/*
 * Bootstrap over sentences (Efron 1979): from the C sentences, draw C with replacement; a sentence
 * drawn w[c] times enters the mean w[c] times,
 *
 *   m* = sum_c w[c] y[c] / sum_c w[c] n[c]
 *
 * with y[c] the sum of a head's relevance over the n[c] steps of sentence c, or n[c] times the mean over
 * those that were drawn. All heads see the same
 * draw. Memory: one double for each sentence and head.
 */
struct resample;

/*
 * Read the heads that the shares are means of, from a file or "-". Dies where their means are
 * others, or where a site has other sentences than the one before.
 */
struct resample *resample_read(const char *file, const struct head_shares *s);

/* The means of one draw, for each share. `state` is the generator's (SplitMix64). */
void resample_draw(struct resample *x, uint64_t *state, double *mean);

#endif
