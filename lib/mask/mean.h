/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MASK_MEAN_H
#define LRP_MASK_MEAN_H

#include "graph/graph.h"

/*
 * Give the masked heads of a graph their mean contexts, from a stream of means (head-mean's; NULL:
 * none, zeros). Returns what they are means of, "mean of 1234 positions", or NULL. Dies where the
 * stream lacks a masked head's site, or is of a checkpoint with another hash.
 */
const char *means_read(struct graph *g, const char *file, const char *hash, struct arena *a);

#endif
