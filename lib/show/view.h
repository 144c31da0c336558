/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHOW_VIEW_H
#define LRP_SHOW_VIEW_H

#include <stdio.h>

#include "record/record.h"

/* How records are shown; all zero but `to` is text with all keys. */
struct show {
	FILE *to;
	enum show_form { SHOW_TEXT, SHOW_JSON, SHOW_TSV } form;
	const char **keys; /* only these keys; NULL: all */
	int key_count;
	const char *columns; /* the column names that were printed last */
	char *pruned;	     /* heads that were taken out of the header's model; NULL: none */
};

/* A key of the record, or else of its map `values` (the nodes of a trace); NULL: none. */
const msgpack_object *show_find(const struct record *r, const char *key);

#endif
