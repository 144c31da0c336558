/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_AVERAGE_H
#define LRP_STAT_AVERAGE_H

#include <stdbool.h>

#include "exact/exact.h"
#include "stat/sentence_rows.h"
#include "record/draft.h"
#include "record/drawn.h"
#include "record/record.h"

/*
 * Means of the heads of one site over steps, with their spread. With x[s] the relevance of a head
 * at step s, N steps, C sentences, n[c] the steps of sentence c, of which d[c] were drawn (without
 * replacement; all, where nothing was said of drawing):
 *
 *   y[c]       = n[c] / d[c]  sum of x over the drawn steps of c       estimates its sum over all
 *   z[c]       the same of x^2
 *   mean       m = sum_c y[c] / N
 *   deviation  sqrt(sum_c (z[c] - 2 m y[c] + m^2 n[c]) / (N - 1))
 *   error      sqrt(C / (C - 1)  sum_c (y[c] - m n[c])^2) / N
 *   low, high  m -+ t error,  t the 97.5 % quantile of Student's t with C - 1 degrees of freedom
 *
 * The steps of one sentence see the same source and each other's words, so they are not independent
 * and deviation / sqrt(N) would be too small. Sentences are independent: `error` is the standard
 * error of a ratio of sums over sentences (Cochran 1977, Sampling Techniques, 2.11 and 6.3, also
 * known as cluster-robust). A sentence weighs by all its steps, however many were drawn, and what
 * drawing adds to the spread of y[c] is in that spread already: as the draws of different sentences are
 * independent, the squares of y[c] - m n[c] estimate both (Cochran 1977, 11.2 and 11.7; ultimate
 * clusters). One sentence says nothing about the spread over sentences, one step
 * nothing about that over steps; what is unknown then is left out. A row may be the sum of several
 * steps: then nothing is known of the spread over steps either, and z[c] has them all alike, its least.
 *
 * The squares expand to the sums below, kept exactly and combined exactly, so that neither order
 * nor grouping changes a bit and cancellation loses none. y[c] is rounded to a double once in the
 * squares, and, where steps were drawn, y[c] and z[c] in all sums.
 */
struct average {
	char *site;
	long heads, steps, sentences;
	long drawn;  /* of the steps */
	long cut;    /* of the sentences, those whose target has no end */
	long summed; /* of the sentences, those with sums of steps in their rows */
	/* per head: sums of y, z, y^2, y n over sentences; the first two are those of x and x^2 over
	 * steps */
	struct exact_rows x, xx, yy, yn;
	struct exact nn; /* the sum of n^2 */
	/* The sentence that is read now: its number, its steps so far (none: none is open), is it cut,
	 * the sums of x and x^2 over these. */
	long sentence;
	struct drawn_sum open;
	bool open_cut, open_summed;
	uint64_t open_text; /* the hash of its text; 0: not known */
	struct exact_rows open_x, open_xx;
	struct sentence_rows kept; /* y[c], n[c] of each sentence, where they are kept */
};

/* The averages of all sites. All zero bytes are an empty list. */
struct averages {
	struct average **at;
	int count, room;
	long heads;    /* of all sites */
	void *by_site; /* a tree of tsearch() */
	bool keep;     /* the sums of each sentence too: a number for it and each head */
	long segment;  /* with `keep`: of the stream, which the caller counts */
};

/* Dies where the header's averages are differences, which have no sums (head-compare). */
void averages_check_header(const struct record *header);

/* The steps of a record of heads: [steps, heads]. They must continue their sentence. */
void averages_add_heads(struct averages *all, const struct record *r);

/* The sums of a record of averages; they must be possible (average_check()). */
void averages_add_average(struct averages *all, const struct record *r);

/*
 * Dies where no relevances have the sums of a record of averages, or where its results are not
 * those of its sums. All that the sums of any x[s] and n[c] >= d[c] >= 1
 * fulfil, up to rounding (the weights n[c] / d[c] of the drawn steps of a sentence add up to n[c], so
 * that Cauchy's inequality holds as if they were steps):
 *
 *   (sum y)^2 <= N sum z;  sum y^2 <= (N - C + 1) sum z;  sum n^2 <= (N - C + 1)^2 + C - 1
 *   the products of the vectors y, n and 1 over sentences, as a matrix, have no negative eigenvalue
 */
void average_check(const struct average *a, const struct record *r);

/* The results of a head. */
struct average_result {
	double mean, deviation, error, low, high;
};
struct average_result average_result(const struct average *a, long head);

/* Nothing more of the sentences that are open: the segment ended. */
void averages_close(struct averages *all);

/* Bring the sites into their order, whatever order they came in. */
void averages_sort(struct averages *all);

/* The sentences whose target was cut, of the site that has the most of them. */
long averages_cut(const struct averages *all);

/* Write a closed average into a draft of a record: results and sums. */
void average_draft(struct average *a, struct draft *d);

#endif
