/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/interval_cells.h"

#include <math.h>

#include "stat/bootstrap.h"

void put_number(FILE *to, double x)
{
	if (isnan(x))
		fputc('\t', to);
	else
		fprintf(to, "\t%.6g", x);
}

void put_interval(FILE *to, double *value, long samples)
{
	double low, high;

	bootstrap_interval(value + 1, samples, &low, &high);
	put_number(to, value[0]);
	put_number(to, isnan(value[0]) ? NAN : low);
	put_number(to, isnan(value[0]) ? NAN : high);
}

void put_correlation(FILE *to, const double *value, long samples, double most)
{
	double half = bootstrap_half_width(value + 1, samples);

	put_number(to, value[0]);
	half = isnan(value[0]) ? NAN : half;
	put_number(to, isnan(half) ? NAN : fmax(value[0] - half, -most));
	put_number(to, isnan(half) ? NAN : fmin(value[0] + half, most));
}
