/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RULE_LEDGER_H
#define LRP_RULE_LEDGER_H

#include "record/draft.h"
#include "rule/lost.h"
#include "rule/rule.h"

/*
 * Formula (1) as a measured fact. At every site and step
 *
 *     start = here + elsewhere + what each kind of loss (rule/lost.h) took
 *
 * where each term is summed from the relevances themselves, never taken from a difference.
 */
struct ledger_entry {
	const struct rule *rule;
	const double *start, *here, *elsewhere; /* [steps] */
	const double *size;			/* sum of |relevance| here */
	const double *lost[LOSSES];		/* [steps] each */
	long steps;
};

/* The accounts of a whole run, by site; over all segments of a stream. */
struct ledger;
struct ledger *ledger_new(void);

/*
 * Die where more than `limit` of the start of a step is missing, of which `step` has the numbers: what
 * is neither here nor elsewhere, nor in a bias unless bias=absorb asks it to keep something; or where
 * relevance is not finite.
 */
void ledger_limit(const char *site, double limit, const int *step, const struct ledger_entry *e);

/* Enter what was found at a site, within the limit. Warns as ledger_amplified() does. */
void ledger_check(struct ledger *l, const char *site, double limit, const int *step,
	const struct ledger_entry *e);

/*
 * Warn, once, where relevance was amplified more than 1e6-fold: its `size`, sum |R|, over |sum R|,
 * which shares are taken of, or over the |start| that it has outgrown (0: over 1). Returns how much
 * it was.
 */
double ledger_amplified(struct ledger *l, const char *site, double size, double sum, double start);

/* Warn, once, that relevance ended in the bias of a node's outputs that are nothing else. */
void ledger_bias_alone(struct ledger *l, const char *node);

/* The map `ledger` of a relevance record. */
void ledger_write(struct draft *d, const struct ledger_entry *e, struct arena *a);

/* A table on stderr: the mean over all steps, per site, in the order of their first appearance. */
void ledger_report(const struct ledger *l);

#endif
