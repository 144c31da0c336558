/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHOW_SHOW_H
#define LRP_SHOW_SHOW_H

#include "show/view.h"

/* The words of "a,b,c", the value of an option -k; a mistake in the command line where one is
 * empty. */
const char **split_keys(const char *text, int *count);

/* Print a header or data record. */
void show_record(struct show *s, const struct record *r);

#endif
