/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_CONVERT_H
#define LRP_TENSOR_CONVERT_H

#include "tensor/tensor.h"

/*
 * Elements of a checkpoint's tensor as floats or doubles: exact for <f4, <f2 and bf16, subnormal
 * numbers, infinities and NaN included. `out` has room for t->count elements.
 */
void tensor_to_floats(const struct tensor *t, float *out);
void tensor_to_doubles(const struct tensor *t, double *out);

#endif
