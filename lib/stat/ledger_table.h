/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_LEDGER_TABLE_H
#define LRP_STAT_LEDGER_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "record/record.h"

/*
 * The ledgers of a relevance stream as one line a site. With every term of a step divided by what
 * the step started with, and the mean taken over all steps,
 *
 *     here + elsewhere + each kind of loss = sum = 1
 *
 * up to rounding; of drawn steps those that were swept. Only sums are kept, never relevance.
 */
struct ledger_table;

struct ledger_table *ledger_table_new(void);

/* Enter a header (dies where it disagrees with the first one) or the ledger of a data record. */
void ledger_table_add(struct ledger_table *t, const struct record *r);

/* Print the table: columns aligned, or as tab-separated values with every number exact. */
void ledger_table_print(const struct ledger_table *t, FILE *to, bool tsv);

#endif
