/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_KERNEL_H
#define LRP_NETWORK_KERNEL_H

#include <stdbool.h>

#include "tensor/real.h"

/*
 * Small matrix products in machine code that LIBXSMM makes for their very sizes while the program
 * runs. It packs nothing, so a product of a few rows runs at the speed of a large one where its
 * second factor lies in panels (panels.h) or fits the cache.
 */

/* Numbers of a vector of this processor; 0: there is no LIBXSMM, or it makes nothing for it. */
long kernel_vector(void);

/* Are there products of bf16 numbers? In single precision, on processors with avx512_bf16. */
bool kernel_has_bf16(void);

/*
 * C [m, n] = A [m, k] B [k, n] + beta C, beta 0 or 1; rows lie lda, ldb, ldc numbers apart. Each
 * number of C is one sum in the order of k, whatever m is, if n is a multiple of two vectors. With
 * `bf16` A and B are of such numbers, C is not; then k is even and B's rows lie in pairs, [k / 2, ldb, 2].
 * To be found once for products of the same sizes; NULL where there is none.
 */
typedef void kernel(const void *b, const void *a, real *c);
kernel *kernel_find(bool bf16, long m, long n, long k, long lda, long ldb, long ldc, int beta);

/* To be called behind the last kernel of a product: kernels leave vectors in a state in which code
 * that knows short ones alone, such as that of libm, is several times slower. */
void kernel_end(void);

#endif
