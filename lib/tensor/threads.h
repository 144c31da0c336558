/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_THREADS_H
#define LRP_TENSOR_THREADS_H

#include <cblas.h>

/*
 * OpenBLAS, loaded at the first product: it takes threads and memory as soon as it is loaded, and
 * where it gets none it waits for ever, so a program that computes nothing goes without it, and
 * one that has too little memory is told before OpenBLAS asks. It has one thread: threads of ours
 * share out parts of a product, or whole blocks, so that results do not depend on their number.
 * Dies where it is not installed.
 */
struct blas {
	__typeof__(&cblas_sgemm) sgemm;
	__typeof__(&cblas_dgemm) dgemm;
	__typeof__(&cblas_sgemv) sgemv;
	__typeof__(&cblas_dgemv) dgemv;
};

/* Around each product: the library, and memory for one more product at the same time. */
const struct blas *blas_begin(void);
void blas_end(void);

/* To be called when another library for products has begun: at the end of the process it shall tidy
 * nothing up, since another thread may be in a product where one died. */
void products_end_at_once(void);

/* Dies where so much memory is not to be had: for a library that would not notice. */
void products_need(long mebibytes);

#endif
