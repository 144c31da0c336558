/* SPDX-License-Identifier: Apache-2.0 */
#include "network/part.h"

#include "tensor/vectorised.h"

VECTORISED
void part_take(real *w, enum part part, size_t count)
{
	real up = part != NEGATIVE, down = part == SIZE ? -1 : part != POSITIVE;

	for (size_t i = 0; i < count; i++)
		w[i] *= w[i] > 0 ? up : down;
}
