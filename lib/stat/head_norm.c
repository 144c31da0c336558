/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/head_norm.h"

#include <math.h>
#include <string.h>

#include "base/die.h"

/* Shares of a sum below this part of the sizes that went into it mean little. */
static const double cancels = 0.01;

static double total(const double *x, long heads)
{
	double sum = 0;

	for (long h = 0; h < heads; h++)
		sum += x[h];
	return sum;
}

static double total_size(const double *x, long heads)
{
	double sum = 0;

	for (long h = 0; h < heads; h++)
		sum += fabs(x[h]);
	return sum;
}

static double largest_size(const double *x, long heads)
{
	double largest = 0;

	for (long h = 0; h < heads; h++)
		largest = fmax(largest, fabs(x[h]));
	return largest;
}

static double one(const double *x, long heads)
{
	(void)x;
	(void)heads;
	return 1;
}

static double itself(double x)
{
	return x;
}

static double square(double x)
{
	return x * x;
}

static const struct head_norm norms[] = { { "sum", itself, total }, { "abs", fabs, total_size },
	{ "max", itself, largest_size }, { "size", fabs, one }, { "square", square, one },
	{ "none", itself, one } };

const struct head_norm *norm_find(const char *name)
{
	for (size_t i = 0; i < sizeof norms / sizeof *norms; i++)
		if (!strcmp(norms[i].name, name))
			return &norms[i];
	die_usage("option '-n' takes sum, abs, max, size, square or none, not '%s'", name);
}

void norm_check_sum(const struct head_norm *norm)
{
	if (norm->divisor != one || norm->part == fabs)
		die("-n %s takes each step by itself, and here their sums came in (head-carry "
		    "--sum-steps); use -n none or square",
			norm->name);
}

/* Say, once each, that a step's heads are all zero, or nearly cancel. */
static void check_step(const struct head_norm *norm, const double *x, long heads, long step,
	const char *site, struct norm_said *said)
{
	double size = total_size(x, heads), sum = total(x, heads);

	if (size == 0 && !said->zero) {
		warn("the heads of '%s' are all zero at step %ld, as where they are masked: their "
		     "shares are 0",
			site, step);
		said->zero = true;
	}
	if (norm->divisor == total && fabs(sum) < cancels * size && !said->cancel) {
		warn("the heads of '%s' nearly cancel at step %ld: their sum is %.1g of their "
		     "sizes', and the shares mean little; use -n size",
			site, step, fabs(sum) / size);
		said->cancel = true;
	}
}

void norm_step(const struct head_norm *norm, double *y, const double *x, long heads, long step,
	const char *site, struct norm_said *said)
{
	double divisor = norm->divisor(x, heads);

	if (divisor == 0 && largest_size(x, heads) > 0)
		die("the heads' relevances at step %ld sum to zero; use -n size", step);
	if (norm->divisor != one)
		check_step(norm, x, heads, step, site, said);
	for (long h = 0; divisor != 0 && h < heads; h++) {
		y[h] = norm->part(x[h]) / divisor;
		if (!isfinite(y[h]))
			die("the share of head %ld at step %ld is too large for a double", h, step);
	}
}
