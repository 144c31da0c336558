/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/split_half.h"

#include <math.h>

#include "base/random.h"

void split_half_draw(long *weight, long *order, long count, uint64_t *state)
{
	for (long c = 0; c < count; c++) {
		order[c] = c;
		weight[c] = 0;
	}
	for (long k = 0; k < count / 2; k++) {
		long other = k + (long)(random_next(state) % (uint64_t)(count - k));
		long drawn = order[other];

		order[other] = order[k];
		weight[drawn] = 1;
	}
}

double split_half_reliability(double r)
{
	return r > -1 ? 2 * r / (1 + r) : NAN;
}

double split_half_attainable(double reliability)
{
	return reliability > 0 ? sqrt(reliability) : NAN;
}
