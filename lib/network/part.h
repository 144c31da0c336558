/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_PART_H
#define LRP_NETWORK_PART_H

#include <stddef.h>

#include "network/network.h"

/* What a part makes of a number: x times one factor if it is positive, another if not. */
static inline real part_of_positive(enum part part)
{
	return part != NEGATIVE;
}

static inline real part_of_negative(enum part part)
{
	return part == SIZE ? -1 : part != POSITIVE;
}

/* y [count] = a part of x; y may be x. */
void part_take(const real *x, enum part part, size_t count, real *y);

#endif
