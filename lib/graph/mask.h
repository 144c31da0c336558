/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GRAPH_MASK_H
#define LRP_GRAPH_MASK_H

#include <jansson.h>

#include "graph/choice.h"

/* A choice of attention heads, numbered within their sites: head 3 of enc-self.0. */
struct mask {
	struct masked_head {
		const char *site;
		long head;
	} * head;
	int count;
};

/*
 * Read a choice from lists of heads by kind and layer: {"enc-self": {"0": [1, 3]}, "dec-enc":
 * {"2": [0]}}; `where` names the JSON object in messages.
 */
struct mask mask_of_json(const json_t *kinds, const char *where, struct arena *a);

/* Is this head chosen? */
bool mask_has(const struct mask *m, const char *site, long head);

/*
 * Switch heads off in the graph, as typed: in the spelling of graph/choice.h, "4:1,3;dec-enc.2:0",
 * or in a file of JSON (a path that ends in .json, or @FILE); numbers are those of the unit. NULL: none.
 * What the graph does not have is a usage error.
 */
void mask_typed(struct graph *g, const char *typed, enum unit unit, struct arena *a);

/* The heads that are switched off, "enc-self.0:1,3;dec-enc.2:0"; NULL where none is. */
const char *mask_text(const struct graph *g, struct arena *a);

#endif
