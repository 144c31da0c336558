/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that knows LIBXSMM, which only some processors have: elsewhere there are no kernels. */
#include "network/kernel.h"

#include <stddef.h>

#if defined(__x86_64__) && __has_include(<libxsmm.h>)
#include <immintrin.h>
#include <libxsmm.h>
#include <pthread.h>

#include "tensor/threads.h"

#ifdef REAL_IS_DOUBLE
#define DISPATCH libxsmm_dmmdispatch
#define DISPATCH_BF16(...) NULL
#else
#define DISPATCH libxsmm_smmdispatch
#define DISPATCH_BF16 libxsmm_bsmmdispatch
#endif

/* MiB that LIBXSMM takes when it begins; it does not look whether it got them. */
enum { ROOM = 32 };

static void begin(void)
{
	products_need(ROOM);
	libxsmm_init();
	products_end_at_once();
}

long kernel_vector(void)
{
	static pthread_once_t begun = PTHREAD_ONCE_INIT;

	pthread_once(&begun, begin);

	int arch = libxsmm_get_target_archid();
	long bytes = arch >= LIBXSMM_X86_AVX512_CORE ? 64 : arch >= LIBXSMM_X86_AVX2 ? 32 : 0;

	return bytes / (long)sizeof(real);
}

bool kernel_has_bf16(void)
{
	return sizeof(real) == sizeof(float) && kernel_vector() &&
	       libxsmm_get_target_archid() >= LIBXSMM_X86_AVX512_CPX;
}

/* LIBXSMM's matrices have columns one after another: there it is C' = B' A'. */
kernel *kernel_find(bool bf16, long m, long n, long k, long lda, long ldb, long ldc, int beta)
{
	libxsmm_blasint rows = (libxsmm_blasint)m, columns = (libxsmm_blasint)n,
			terms = (libxsmm_blasint)k;
	libxsmm_blasint a = (libxsmm_blasint)lda, b = (libxsmm_blasint)ldb,
			c = (libxsmm_blasint)ldc;
	real alpha = 1, add = (real)beta;
	int flags = bf16 ? LIBXSMM_GEMM_FLAG_VNNI_A : LIBXSMM_GEMM_FLAG_NONE,
	    prefetch = LIBXSMM_GEMM_PREFETCH_NONE;

	if (bf16 ? !kernel_has_bf16() : !kernel_vector())
		return NULL;
	return bf16 ? (kernel *)DISPATCH_BF16(
			      columns, rows, terms, &b, &a, &c, &alpha, &add, &flags, &prefetch)
		    : (kernel *)DISPATCH(
			      columns, rows, terms, &b, &a, &c, &alpha, &add, &flags, &prefetch);
}

__attribute__((target("avx"))) void kernel_end(void)
{
	_mm256_zeroupper();
}
#else
long kernel_vector(void)
{
	return 0;
}

bool kernel_has_bf16(void)
{
	return false;
}

kernel *kernel_find(bool bf16, long m, long n, long k, long lda, long ldb, long ldc, int beta)
{
	(void)bf16, (void)m, (void)n, (void)k, (void)lda, (void)ldb, (void)ldc, (void)beta;
	return NULL;
}

void kernel_end(void)
{
}
#endif
