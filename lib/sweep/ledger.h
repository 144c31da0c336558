/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_LEDGER_H
#define LRP_SWEEP_LEDGER_H

#include "graph/graph.h"
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

struct ledger;

/* `limit`: how much of a step's start may be missing at a site (here and elsewhere together). */
struct ledger *ledger_new(const struct graph *g, double limit);

/*
 * Enter what was found at a site for steps from `first` on. Dies where more than the limit is
 * missing, or where relevance is not finite. Warns once where relevance was amplified more than
 * 1e6-fold: sum |R| over the smaller of |sum R| and the start.
 */
void ledger_check(struct ledger *l, int node, long first, const struct ledger_entry *e);

/* The map `ledger` of a relevance record. */
void ledger_write(struct draft *d, const struct ledger_entry *e, struct arena *a);

/* A table on stderr: the mean over all steps, per site. */
void ledger_report(const struct ledger *l);

#endif
