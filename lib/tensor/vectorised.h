/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_VECTORISED_H
#define LRP_TENSOR_VECTORISED_H

#include <math.h>

/*
 * Marks a function whose loops go over large arrays: it is compiled for several generations of
 * x86-64 processors, and the best one that the machine has is chosen when the program starts.
 * Sanitizers do not know such functions.
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTORISED
#endif

/*
 * Functions of libm that `#pragma omp simd` loops call for a vector of numbers at a time, where
 * the C library has them so (x86-64, glibc 2.35; at most 4 units in the last place off); elsewhere
 * they are called one by one. With <tgmath.h> exp(x) is expf(x) where x is a float.
 */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#if __GLIBC_PREREQ(2, 35)
#define BY_VECTORS __attribute__((simd("notinbranch")))
BY_VECTORS float expf(float);
BY_VECTORS double(exp)(double);
BY_VECTORS float tanhf(float);
BY_VECTORS double(tanh)(double);
BY_VECTORS float erfcf(float);
BY_VECTORS double(erfc)(double);
#undef BY_VECTORS
#endif
#endif

/* A function that becomes part of such a one, with constant arguments in their place. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

#endif
