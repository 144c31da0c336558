/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_CONVERT_H
#define LRP_TENSOR_CONVERT_H

#include <stdbool.h>

#include "tensor/tensor.h"

/*
 * Elements of a checkpoint's tensor as floats or doubles: exact for <f4, <f2, bf16 and q8_0, subnormal
 * numbers, infinities and NaN included. `out` has room for t->count elements. q8_0 is blocks of 32
 * numbers d q_i, d of 16 bits in front of 32 q_i of 8 bits: only whole blocks can be taken.
 */
void tensor_to_floats(const struct tensor *t, float *out);
void tensor_to_doubles(const struct tensor *t, double *out);

/* Bytes of so many elements of a type that these take; of blocks, `count` is a multiple of 32. */
size_t weights_size(const char *type, size_t count);

/* Are elements of the type in blocks? */
bool weights_blocked(const char *type);

#endif
