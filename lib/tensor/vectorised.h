/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_VECTORISED_H
#define LRP_TENSOR_VECTORISED_H

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

/* A function that becomes part of such a one, with constant arguments in their place. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

#endif
