/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

void bootstrap_draw(long *weight, long count, uint64_t *state)
{
	memset(weight, 0, (size_t)count * sizeof *weight);
	for (long c = 0; c < count; c++)
		weight[random_next(state) % (uint64_t)count]++;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of sorted values: the one at the place q (n - 1), between two where that is no whole number. */
static double quantile(const double *value, long n, double q)
{
	double place = q * (double)(n - 1);
	long below = (long)place;
	double part = place - (double)below;

	return below + 1 < n ? value[below] + part * (value[below + 1] - value[below])
			     : value[below];
}

void bootstrap_interval(double *value, long samples, double *low, double *high)
{
	long n = 0;

	for (long i = 0; i < samples; i++)
		if (!isnan(value[i]))
			value[n++] = value[i];
	qsort(value, (size_t)n, sizeof *value, by_value);
	*low = n ? quantile(value, n, 0.025) : NAN;
	*high = n ? quantile(value, n, 0.975) : NAN;
}

double bootstrap_half_width(const double *value, long samples)
{
	double mean = 0, squares = 0;
	long n = 0;

	for (long i = 0; i < samples; i++)
		if (!isnan(value[i])) {
			mean += value[i];
			n++;
		}
	mean /= (double)n;
	for (long i = 0; i < samples; i++)
		if (!isnan(value[i]))
			squares += (value[i] - mean) * (value[i] - mean);
	return n > 1 ? 1.959963984540054 * sqrt(squares / (double)(n - 1)) : NAN;
}
