/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/holm.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"

static int by_value(const void *a, const void *b)
{
	double x = **(double *const *)a, y = **(double *const *)b;

	return (x > y) - (x < y);
}

void holm_adjust(double *p, long count)
{
	double **sorted = must_alloc((size_t)count, sizeof *sorted), largest = 0;
	long m = 0;

	for (long i = 0; i < count; i++)
		if (!isnan(p[i]))
			sorted[m++] = p + i;
	qsort(sorted, (size_t)m, sizeof *sorted, by_value);
	for (long j = 0; j < m; j++) {
		largest = fmax(largest, fmin(1, (double)(m - j) * *sorted[j]));
		*sorted[j] = largest;
	}
	free(sorted);
}
