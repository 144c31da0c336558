/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GRAPH_CHOICE_H
#define LRP_GRAPH_CHOICE_H

#include "graph/graph.h"

/*
 * Sites and heads as they are typed: one spelling in every option of every program.
 *
 *     list    items with ',' or ';' between
 *     item    a site, or site:heads
 *     site    all | self | KIND | KIND.N | KIND.N-M | N | N-M | embeddings | the name of a node
 *     heads   all, or numbers N and ranges N-M with ',' between
 *
 * KIND is what the names of head sites have before their layer: enc-self, dec-self, dec-enc. It
 * alone means all its layers; N alone is a layer of enc-self, or where the model has no encoder, of
 * dec-self, and `self` are all of these. `embeddings` are the nodes that tokens, positions and types
 * come in by. In a list of heads what begins with
 * a letter or has a colon begins the next site, and so does anything behind ';':
 * "4:1,3-5,dec-enc.2:0" and "4:1,3-5;dec-enc.2:0" are the same.
 *
 * All of these die with a usage error that names the item and what the model has.
 */

/* Sites of a list, without heads: flags, one a node; of an empty list none. `all` means every head
 * site. */
bool *graph_sites(const struct graph *g, const char *list, struct arena *a);

/* The same; each has to be a head site, and there has to be one. */
bool *graph_head_sites(const struct graph *g, const char *list, struct arena *a);

/* The same of any nodes. `all` means every node. */
bool *graph_nodes(const struct graph *g, const char *list, struct arena *a);

/* The index of the one node that an item names. */
int graph_node(const struct graph *g, const char *item, struct arena *a);

/* What numbers of heads count: heads, or groups of heads that share their keys and values. */
enum unit { UNIT_HEAD, UNIT_GROUP };

/* "head" or "group", as --unit takes it. */
enum unit unit_parse(const char *typed);

/* Heads of a unit, and units of a site. */
long unit_heads(const struct node *n, enum unit unit);
long unit_count(const struct node *n, enum unit unit);

/* Die, as of a mistyped number: the site has no such head or group. */
_Noreturn void no_unit(const struct node *n, enum unit unit, long number);

/* Heads of a list: for each node NULL, or flags [heads]. Every item has to say which heads, or groups. */
bool **graph_heads(const struct graph *g, const char *list, enum unit unit, struct arena *a);

/* What the model has, in short: "enc-self.0-5, dec-self.0-5, dec-enc.0-5". */
const char *graph_head_names(const struct graph *g, struct arena *a);

#endif
