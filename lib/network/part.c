/* SPDX-License-Identifier: Apache-2.0 */
#include "network/part.h"

#include "tensor/vectorised.h"

VECTORISED
void part_take(const real *x, enum part part, size_t count, real *y)
{
	real up = part_of_positive(part), down = part_of_negative(part);

	for (size_t i = 0; i < count; i++)
		y[i] = x[i] * (x[i] > 0 ? up : down);
}
