/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ATTENTION_DISTANCE_H
#define LRP_ATTENTION_DISTANCE_H

#include "graph/graph.h"

/*
 * The row of a table of distances for a key that is so many positions behind a query (before it: less
 * than 0), Raffel et al. 2020. Of n rows, n/2 are of one distance each, 0 to n/2 - 1, and the others of
 * distances that grow by the same factor up to `longest`; all that are farther share the last. Queries
 * that see their past only know one direction; others have the upper half of the rows for keys behind
 * them.
 *
 *     row = d                                              d < n/2
 *         = n/2 + floor(log(d / (n/2)) / log(longest / (n/2)) n/2), at most n - 1
 */
long distance_bucket(const struct attention *a, long behind);

#endif
