/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_KERNEL_H
#define LRP_NETWORK_KERNEL_H

#include "tensor/real.h"

/*
 * Small matrix products in machine code that LIBXSMM makes for their very sizes while the program
 * runs. It packs nothing, so a product of a few rows runs at the speed of a large one where its
 * second factor lies in panels (panels.h) or fits the cache.
 */

/* Numbers of a vector of this processor; 0: there is no LIBXSMM, or it makes nothing for it. */
long kernel_vector(void);

/*
 * C [m, n] = A [m, k] B [k, n] + beta C, beta 0 or 1; rows lie lda, ldb, ldc numbers apart. Each
 * number of C is one sum in the order of k, whatever m is, if n is a multiple of two vectors. To be
 * found once for products of the same sizes; NULL where there is none.
 */
typedef void kernel(const real *b, const real *a, real *c);
kernel *kernel_find(long m, long n, long k, long lda, long ldb, long ldc, int beta);

/* To be called behind the last kernel of a product: kernels leave vectors in a state in which code
 * that knows short ones alone, such as that of libm, is several times slower. */
void kernel_end(void);

#endif
