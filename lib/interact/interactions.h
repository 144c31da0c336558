/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_INTERACT_INTERACTIONS_H
#define LRP_INTERACT_INTERACTIONS_H

#include <stdbool.h>

#include "base/arena.h"
#include "exact/exact.h"
#include "record/draft.h"
#include "record/drawn.h"
#include "record/record.h"

/* Of a model that is measured: more pairs than these have no room in a record. */
enum { MOST_INTERACTING = 6144 };

/* A head of a site, by name. */
struct named_head {
	const char *site;
	long head;
};

/*
 * How heads move predictions together: means over steps of
 *
 *   g[h,k] = sum_v p[v] x[h,v] x[k,v]               the interaction of two heads
 *   first[h] = -sum_v (p[v] - q[v]) x[h,v]          where there is a q to compare with
 *   kl = KL(q || p)
 *
 * (engine/effect.h has p, x), so that to second order the divergence from q of the predictions without
 * the heads of a set S is kl + sum_(h in S) first[h] + 1/2 sum_(h,k in S) g[h,k].
 *
 * The sums over steps are exact: neither the order nor the grouping of sentences changes a bit. Where steps
 * of a sentence were drawn, d of n, its sums are rounded to doubles and count n / d fold.
 */
struct interactions {
	long heads;
	struct named_head *head; /* [heads], in the order of sites (record/site.h) */
	bool against;		 /* there is a q */
	long steps, drawn, sentences, cut;
	struct exact_rows g; /* [heads (heads + 1) / 2]: of h >= k at h (h + 1) / 2 + k */
	struct exact_rows first, kl;
	/* The sums of the sentence that is read now. */
	struct interacting_sentence {
		long number;
		bool cut;
		struct drawn_sum drawn; /* no rows: none is open */
		struct exact_rows g, first, kl;
	} open;
	struct arena arena; /* of the names */
};

/*
 * These heads are measured, in this order; the others after the first call must be the same ones, in any
 * order. `place` [count] says where each is among all.
 */
void interactions_heads(
	struct interactions *x, const struct named_head *head, long count, long *place);

/* Steps of a sentence follow, those of `drawn`. It goes on where its number is that of the open one. */
void interactions_begin(struct interactions *x, long sentence, const struct drawn *drawn, bool cut);

/* Add one step; of g [heads, heads] what is at h >= k is read; first is NULL where there is no q. */
void interactions_add(struct interactions *x, const double *g, const double *first, double kl);

/* The open sentence is whole. */
void interactions_close(struct interactions *x);

/* Add the sums of a record that was made of others. */
void interactions_merge(struct interactions *x, const struct record *r);

/* Write the results and the sums into a draft of a record. */
void interactions_draft(struct interactions *x, struct draft *d);

/* The results of a record, in its arena. */
struct interaction_means {
	long heads, steps, sentences;
	const struct named_head *head;
	const double *g, *first; /* [heads, heads]; [heads], zeros where there is no q */
	double kl;
};
struct interaction_means interactions_read(const struct record *r);

#endif
