/* SPDX-License-Identifier: Apache-2.0 */
#include "network/part.h"

#include "tensor/vectorised.h"

VECTORISED
static void take(const real *x, real up, real down, size_t count, real *y)
{
	for (size_t i = 0; i < count; i++)
		y[i] = x[i] * (x[i] > 0 ? up : down);
}

void part_take(const real *x, enum part part, size_t count, real *y)
{
	if (part != PLAIN || x != y)
		take(x, part_of_positive(part), part_of_negative(part), count, y);
}
