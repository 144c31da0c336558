/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_NARROW_H
#define LRP_NETWORK_NARROW_H

#include <stdbool.h>

#include "tensor/real.h"
#include "tensor/tensor.h"

/* Can narrow_multiply() take rows of this type? */
bool narrow_takes(const char *type);

/*
 * Y [rows, count] = X [rows, in] W' + beta Y, beta 0 or 1, with rows of Y `width` apart and `stored` the
 * rows W [count, in] as a checkpoint has them, in 16 bits. They are read once and converted on the way:
 * for few rows, where a product takes as long as reading the weights. False: a number of Y is not finite.
 */
bool narrow_multiply(const struct tensor *stored, long count, long in, long rows, const real *x,
	int beta, real *y, long width);

#endif
