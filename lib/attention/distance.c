/* SPDX-License-Identifier: Apache-2.0 */
#include "attention/distance.h"

#include <math.h>

/* In single precision, as the models learned it: where d is just at the edge of a row, rounding decides. */
long distance_bucket(const struct attention *a, long behind)
{
	bool past_only = sees_past_only(a);
	long rows = past_only ? a->buckets : a->buckets / 2, exact = rows / 2;
	long first = !past_only && behind > 0 ? rows : 0, far = behind < 0 ? -behind : behind;

	if (past_only && behind > 0)
		far = 0;
	if (far < exact)
		return first + far;
	float step = logf((float)far / (float)exact) /
		     (float)log((double)a->longest / (double)exact) * (float)(rows - exact);
	long row = exact + (long)step;

	return first + (row < rows - 1 ? row : rows - 1);
}
