/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_MATRIX_H
#define LRP_NETWORK_MATRIX_H

#include "network/network.h"

/*
 * Products with a part of the weights W [width, in] of a node: with the matrix where it is kept, else
 * with some of its rows at a time, which are converted for it and forgotten.
 */

/* Y [rows, width] = X [rows, in] W' + beta Y; where W is kept shared out among so many threads
 * (gemm_parts()), or 0: as one product. */
void matrix_forward(struct network *net, int node, enum part part, int threads, long rows,
	const real *x, real beta, real *y);

/* Y [rows, in] = X [rows, width] W + beta Y */
void matrix_back(struct network *net, int node, enum part part, long rows, const real *x, real beta,
	real *y);

/* Have the matrix converted, where it is kept, before threads share the network. */
void matrix_ready(struct network *net, int node, enum part part);

/* Of a graph's matrices, how many numbers are converted at a time; 0: they are few enough to be kept. */
long matrix_block(const struct graph *g);

#endif
