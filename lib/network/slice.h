/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_SLICE_H
#define LRP_NETWORK_SLICE_H

#include "network/network.h"

/*
 * The numbers [rows, columns] that a node multiplies with: a weight or bias of its own, which is a
 * tensor or a slice of one. They die where the tensor is not there, has another size, or holds a
 * number that is not finite; slice_row() takes numbers as they are.
 */

/* As they lie in the mapped checkpoint, where nothing is to convert; else NULL. */
const real *slice_in_place(
	const struct network *net, int node, const struct weight *w, long rows, long columns);

/* Where they lie in a mapped checkpoint, they will not be read for a while: they need no memory. */
void slice_spare(
	const struct network *net, int node, const struct weight *w, long rows, long columns);

/* Converted, in memory of their own for the life of the model. */
real *slice_load(
	const struct network *net, int node, const struct weight *w, long rows, long columns);

/* Some of the rows, converted into `out` [count, columns]. */
void slice_rows(const struct network *net, int node, const struct weight *w, long first, long count,
	long rows, long columns, real *out);

/* Some of the rows as they are stored, without looking at the numbers; false: they do not lie one behind the other. */
bool slice_stored(const struct network *net, int node, const struct weight *w, long first,
	long count, long rows, long columns, struct tensor *stored);

/* Do a few of the rows cost as much as all, since the tensor is converted as a whole? */
bool slice_is_turned(const struct network *net, int node, const struct weight *w, long columns);

/* One row alone, counted from the slice's first. */
void slice_row(const struct network *net, int node, const struct weight *w, long row, long columns,
	real *out);

#endif
