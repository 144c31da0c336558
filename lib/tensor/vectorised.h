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

/*
 * Calls a function whose last argument is the width of a head with that width as a constant, for
 * the usual widths: then the loop over a head's neurons is a few vectors without a loop.
 */
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define WITH_HEAD_WIDTH(e, function, ...)                                                          \
	do {                                                                                       \
		if ((e) == 64)                                                                     \
			function(__VA_ARGS__, 64);                                                 \
		else if ((e) == 16)                                                                \
			function(__VA_ARGS__, 16);                                                 \
		else                                                                               \
			function(__VA_ARGS__, (e));                                                \
	} while (0)

#endif
