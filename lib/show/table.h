/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHOW_TABLE_H
#define LRP_SHOW_TABLE_H

#include "show/view.h"

/* Print a data record as lines of tab-separated values, under a line of column names where they
 * change. Headers print nothing. */
void table_record(struct show *s, const struct record *r);

/* Print a record of heads (a line for each step) or an average (one for each head) as a table with
 * aligned columns; false where the record is neither. */
bool table_text(struct show *s, const struct record *r);

/* Print any record, or the keys to show, as lines of sentence, key, index and value. */
void table_cells(struct show *s, const struct record *r);

#endif
