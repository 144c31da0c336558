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
#else
#define DISPATCH libxsmm_smmdispatch
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

/* LIBXSMM's matrices have columns one after another: there it is C' = B' A'. */
kernel *kernel_find(long m, long n, long k, long lda, long ldb, long ldc, int beta)
{
	libxsmm_blasint a = (libxsmm_blasint)lda, b = (libxsmm_blasint)ldb,
			c = (libxsmm_blasint)ldc;
	real alpha = 1, add = (real)beta;
	int flags = LIBXSMM_GEMM_FLAG_NONE, prefetch = LIBXSMM_GEMM_PREFETCH_NONE;

	if (!kernel_vector())
		return NULL;
	return (kernel *)DISPATCH((libxsmm_blasint)n, (libxsmm_blasint)m, (libxsmm_blasint)k, &b,
		&a, &c, &alpha, &add, &flags, &prefetch);
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

kernel *kernel_find(long m, long n, long k, long lda, long ldb, long ldc, int beta)
{
	(void)m, (void)n, (void)k, (void)lda, (void)ldb, (void)ldc, (void)beta;
	return NULL;
}

void kernel_end(void)
{
}
#endif
