/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_MATRIX_H
#define LRP_NETWORK_MATRIX_H

#include "network/network.h"

/*
 * Products with a part of the weights W [width, in] of a node. The matrices of a model that is not
 * large are made ready at their first product and kept: packed into panels (panels.h) for the way
 * they are used, where the machine has kernels, else as OpenBLAS takes them. Of a large model some rows
 * are converted for a product at a time and forgotten. Threads may multiply at once.
 */

/*
 * From now on X and the parts |W|, W^+ and W^- are rounded to bf16 (8 bits) before they are multiplied,
 * sums being of single precision: for rules whose sums have one sign, so that nothing cancels and
 * roundings, up and down, are a small part of each. Dies where the processor has no such products.
 */
void matrix_in_bf16(struct network *net);

/* Y [rows, width] = X [rows, in] W' + beta Y, beta 0 or 1, shared out among so many threads */
void matrix_forward(struct network *net, int node, enum part part, int threads, long rows,
	const real *x, int beta, real *y);

/* Y [rows, in] = X [rows, width] W + beta Y */
void matrix_back(
	struct network *net, int node, enum part part, long rows, const real *x, int beta, real *y);

/* matrix_forward() of a few rows, with the matrix as it is packed for the way that it is used. */
void matrix_sums(struct network *net, int node, enum part part, enum way way, long rows,
	const real *x, int beta, real *y);

/* Have its rows at hand for network_weight_row(), before threads share the network. */
void matrix_rows(struct network *net, int node);

/* Is a matrix still to be made ready, for its first product forward? */
bool matrix_is_unread(const struct network *net, int node);

/* Of a graph's matrices, how many numbers are converted at a time; 0: they are few enough to be kept. */
long matrix_block(const struct graph *g);

#endif
