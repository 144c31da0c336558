/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_GEMM_H
#define LRP_NETWORK_GEMM_H

#include "tensor/real.h"

/* Rows up to which a product takes as long as the reading of its matrix: nothing is worth packing. */
enum { FEW_ROWS = 4 };

/*
 * Matrix products, row-major, through CBLAS. Each matrix has its distance between rows (ld).
 * C = A B + beta C, with A [m, k], B [k, n].
 */
void gemm(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real beta,
	real *c, long ldc);

/* C = A B' + beta C, with A [m, k], B [n, k]: how a layer's weights [out, in] are stored. */
void gemm_transposed(long m, long n, long k, const real *a, long lda, const real *b, long ldb,
	real beta, real *c, long ldc);

/*
 * The same, without distances between rows, shared out among so many threads. The parts are of C's
 * columns, and the same whatever the number of threads, so that the result is too, bit for bit.
 */
void gemm_parts(
	int threads, long m, long n, long k, const real *a, const real *b, real beta, real *c);

/* gemm() with beta = 0 of products so small that OpenBLAS would spend more on packing: few sizes, since
 * each has machine code of its own. */
void gemm_small(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real *c,
	long ldc);

#endif
