/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_LEDGER_H
#define LRP_SWEEP_LEDGER_H

#include "op/loss.h"
#include "stream/draft.h"

/*
 * Formula (1) as a measured fact. At every site and step
 *
 *     start = here + elsewhere + what each kind of loss (op/loss.h) took
 *
 * where each term is summed from the relevances themselves, never taken from a difference.
 */
struct ledger_entry {
	const double *start, *here, *elsewhere; /* [steps] */
	const double *size;			/* sum of |relevance| here */
	const double *lost[LOSSES];		/* [steps] each */
	long steps;
};

/* The accounts of a whole run, by site; over all segments of a stream. */
struct ledger;
struct ledger *ledger_new(void);

/*
 * Enter what was found at a site for steps from `first` on. Dies where more than `limit` of a
 * step's start is missing (here and elsewhere together), or where relevance is not finite. Warns
 * once where relevance was amplified more than 1e6-fold: sum |R| / |sum R|, or / |start|.
 */
void ledger_check(
	struct ledger *l, const char *site, double limit, long first, const struct ledger_entry *e);

/* The map `ledger` of a relevance record. */
void ledger_write(struct draft *d, const struct ledger_entry *e, struct arena *a);

/* A table on stderr: the mean over all steps, per site, in the order of their first appearance. */
void ledger_report(const struct ledger *l);

#endif
