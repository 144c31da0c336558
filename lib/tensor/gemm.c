/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that knows BLAS. */
#include "tensor/gemm.h"

#include <cblas.h>

#ifdef REAL_IS_DOUBLE
#define CBLAS_GEMM cblas_dgemm
#else
#define CBLAS_GEMM cblas_sgemm
#endif

void gemm(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real beta,
	real *c, long ldc)
{
	CBLAS_GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1, a,
		(int)lda, b, (int)ldb, beta, c, (int)ldc);
}

void gemm_transposed(long m, long n, long k, const real *a, long lda, const real *b, long ldb,
	real beta, real *c, long ldc)
{
	CBLAS_GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1, a, (int)lda,
		b, (int)ldb, beta, c, (int)ldc);
}
