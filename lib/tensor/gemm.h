/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_GEMM_H
#define LRP_TENSOR_GEMM_H

#include "tensor/real.h"

/*
 * Matrix products, row-major, through CBLAS. Each matrix has its distance between rows (ld).
 * C = A B + beta C, with A [m, k], B [k, n].
 */
void EITHER(gemm)(long m, long n, long k, const real *a, long lda, const real *b, long ldb,
	real beta, real *c, long ldc);

/* C = A B' + beta C, with A [m, k], B [n, k]: how a layer's weights [out, in] are stored. */
void EITHER(gemm_transposed)(long m, long n, long k, const real *a, long lda, const real *b,
	long ldb, real beta, real *c, long ldc);

#define gemm EITHER(gemm)
#define gemm_transposed EITHER(gemm_transposed)

#endif
