/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_COMPARE_PAIRED_H
#define LRP_COMPARE_PAIRED_H

#include "compare/matched_heads.h"

/* Which sentences are one and the same on both sides. */
enum pair_by {
	PAIR_SAME, /* paired where both have the same numbers, each with the same text, where that is known, and as many steps */
	PAIR_NUMBER, /* those of one number, whatever steps they have; others are left out */
	PAIR_NONE
};

/* "same", "number", "none"; another is a usage error. */
enum pair_by pair_by_parse(const char *name);

/* The sums of the matched heads over the steps of each sentence; of averages none are known. */
struct paired_sums {
	long sentences;
	long *steps; /* [sentences] */
	double *y;   /* [sentences, heads]; NULL: an average */
};

/* Both sides, and are their sentences pairs: sentence c of A is sentence c of B? */
struct paired {
	struct paired_sums a, b;
	bool paired;
	long left_out_a, left_out_b; /* sentences that are in no pair, of pairs by number */
	const char *why; /* they are not paired; NULL: they are, or were not to be and could */
};

/*
 * Collect the kept sums of the matched heads, and pair them. Dies where a site has other sentences
 * than another site of its side, where a sentence comes twice, and where no number is on both sides
 * though pairs go by it.
 */
struct paired *pair_sentences(const struct matched_heads *m, const struct compared_side *a,
	const struct compared_side *b, enum pair_by by);

#endif
