/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_THREADS_H
#define LRP_TENSOR_THREADS_H

/* Threads inside one matrix product; programs that share out whole blocks themselves set 1. */
void blas_threads(int threads);

#endif
