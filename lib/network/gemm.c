/* SPDX-License-Identifier: Apache-2.0 */
/* With tensor/threads.c the only file that knows BLAS. */
#include "network/gemm.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/parallel.h"
#include "network/kernel.h"
#include "tensor/threads.h"

#ifdef REAL_IS_DOUBLE
#define GEMM dgemm
#define GEMV dgemv
#else
#define GEMM sgemm
#define GEMV sgemv
#endif

void gemm(long m, long n, long k, const real *a, long lda, const real *b, long ldb, real beta,
	real *c, long ldc)
{
	blas_begin()->GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1, a,
		(int)lda, b, (int)ldb, beta, c, (int)ldc);
	blas_end();
}

void gemm_small(
	long m, long n, long k, const real *a, long lda, const real *b, long ldb, real *c, long ldc)
{
	kernel *multiply = kernel_find(false, m, n, k, lda, ldb, ldc, 0);

	if (!multiply) {
		gemm(m, n, k, a, lda, b, ldb, 0, c, ldc);
		return;
	}
	multiply(b, a, c);
	kernel_end();
}

void gemm_transposed(long m, long n, long k, const real *a, long lda, const real *b, long ldb,
	real beta, real *c, long ldc)
{
	const struct blas *blas = blas_begin();

	if (m <= FEW_ROWS) /* nothing is worth packing */
		for (long i = 0; i < m; i++)
			blas->GEMV(CblasRowMajor, CblasNoTrans, (int)n, (int)k, 1, b, (int)ldb,
				a + i * lda, 1, beta, c + i * ldc, 1);
	else
		blas->GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1, a,
			(int)lda, b, (int)ldb, beta, c, (int)ldc);
	blas_end();
}

/* Columns of a part, and the multiplications from which on a thread is worth its start. */
enum { PART_COLUMNS = 256, SHARED = 1 << 22 };

struct gemm_call {
	long m, n, k;
	const real *a, *b;
	real beta, *c;
};

static void run_part(void *context, int part, int thread)
{
	const struct gemm_call *p = context;
	long first = (long)part * PART_COLUMNS, left = p->n - first;

	(void)thread;
	gemm_transposed(p->m, left < PART_COLUMNS ? left : PART_COLUMNS, p->k, p->a, p->k,
		p->b + first * p->k, p->k, p->beta, p->c + first, p->n);
}

void gemm_parts(
	int threads, long m, long n, long k, const real *a, const real *b, real beta, real *c)
{
	struct gemm_call p = { m, n, k, a, b, beta, c };
	bool shared = (double)m * (double)n * (double)k >= SHARED;

	parallel(shared ? threads : 1, (int)((n + PART_COLUMNS - 1) / PART_COLUMNS), run_part, &p);
}
