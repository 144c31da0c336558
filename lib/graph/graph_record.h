/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GRAPH_GRAPH_RECORD_H
#define LRP_GRAPH_GRAPH_RECORD_H

#include "graph/graph.h"
#include "record/draft.h"
#include "record/record.h"

/* The graph as the list `graph` of a trace's header: one map a node, as FORMAT.md has it. */
void graph_write(struct draft *d, const struct graph *g);

/* Read it back and check it. Names live in the record's arena. */
struct graph *graph_read(const struct record *header);

#endif
