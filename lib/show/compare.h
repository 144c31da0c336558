/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHOW_COMPARE_H
#define LRP_SHOW_COMPARE_H

#include "record/record.h"

/* How records are compared, and what the first difference is. */
struct comparison {
	double tolerance; /* of the largest magnitude in the second tensor or number */
	char path[256];	  /* the key that is compared now, "ledger.start" */
	char text[512];	  /* the first difference */
};

/*
 * Are two records or values inside them the same? Numbers of different types are compared by value;
 * the order of keys does not count, nor do `history` and `checkpoint`. Where false, c->text says
 * the difference.
 */
bool compare_objects(
	struct comparison *c, const char *key, const msgpack_object *a, const msgpack_object *b);

#endif
