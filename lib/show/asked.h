/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHOW_ASKED_H
#define LRP_SHOW_ASKED_H

#include "show/view.h"

/* The keys that were asked for, and those that records have. */
struct asked_keys;

/* Of a view of some keys; NULL: it is of all of them, and nothing is to be looked for. */
struct asked_keys *asked_new(const struct show *s);

/* Look at a record that was read. NULL, as below: nothing is done. */
void asked_look(struct asked_keys *a, const struct record *r);

/* Dies where a key is in no record, naming those that are in some; `some`: only where all keys are in none. */
void asked_check(const struct asked_keys *a, bool some);

#endif
