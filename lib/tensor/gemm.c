/* SPDX-License-Identifier: Apache-2.0 */
/* With tensor/threads.c the only file that knows BLAS. */
#include "tensor/gemm.h"

#include "tensor/threads.h"

#ifdef REAL_IS_DOUBLE
#define GEMM dgemm
#else
#define GEMM sgemm
#endif

void gemm(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real beta,
	real *c, long ldc)
{
	blas_begin()->GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1, a,
		(int)lda, b, (int)ldb, beta, c, (int)ldc);
	blas_end();
}

void gemm_transposed(long m, long n, long k, const real *a, long lda, const real *b, long ldb,
	real beta, real *c, long ldc)
{
	blas_begin()->GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1, a,
		(int)lda, b, (int)ldb, beta, c, (int)ldc);
	blas_end();
}
