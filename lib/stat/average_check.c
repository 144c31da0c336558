/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/die.h"
#include "stat/average.h"

/*
 * Sums are compared by their square roots, which neither overflow nor vanish. `rounding` is far
 * above what rounding y[c] to a double does (1e-16); `vanishing` is above the root of a square that
 * is too small for a double.
 */
static const double rounding = 1e-9, vanishing = 1e-160;

/* The sums of a head: roots of those that cannot be negative. */
struct head_sums {
	double x, xx, yy, yn, nn; /* sum x, sqrt sum x^2, sqrt sum y^2, sum y n, sqrt sum n^2 */
	double steps, sentences;
};

static struct head_sums sums_of(const struct average *a, long h)
{
	return (struct head_sums){ exact_rows_value(&a->x, h), sqrt(exact_rows_value(&a->xx, h)),
		sqrt(exact_rows_value(&a->yy, h)), exact_rows_value(&a->yn, h),
		sqrt(exact_value(&a->nn)), (double)a->steps, (double)a->sentences };
}

/* a <= b, but for rounding; false where one is no number. */
static bool at_most(double a, double b, double steps)
{
	return a <= b * (1 + rounding) + steps * vanishing;
}

static bool near(double a, double b, double scale)
{
	return fabs(a - b) <= rounding * (fabs(a) + fabs(b) + scale);
}

/* The sums of squares of the lengths of sentences: whole, and between equal lengths and one long.
 */
static void check_lengths(const struct average *a)
{
	double n = (double)a->steps, c = (double)a->sentences, nn = exact_value(&a->nn);
	double longest = n - c + 1;

	for (int i = 0; i < a->nn.count; i++)
		if (a->nn.part[i] != floor(a->nn.part[i]))
			die("site %s: the sum of squares of whole numbers is not whole", a->site);
	if (!(nn >= n / c * n * (1 - rounding) &&
		    nn <= (longest * longest + c - 1) * (1 + rounding)))
		die("site %s: %ld sentences of %ld steps cannot have the sum %g of squared lengths",
			a->site, a->sentences, a->steps, nn);
}

/*
 * The matrix of products of y, n and 1, scaled to a diagonal of ones: its determinant. That of
 * vectors of equal direction is zero.
 */
static double determinant(const struct head_sums *s)
{
	double root = sqrt(s->sentences), yn, y1, n1 = s->steps / s->nn / root;

	if (s->yy < s->steps * vanishing)
		return 0;
	yn = s->yn / s->yy / s->nn;
	y1 = s->x / s->yy / root;
	return 1 + 2 * yn * y1 * n1 - yn * yn - y1 * y1 - n1 * n1;
}

static bool is_possible(const struct head_sums *s)
{
	double n = s->steps, c = s->sentences;

	return at_most(fabs(s->x), sqrt(n) * s->xx, n) && at_most(fabs(s->x), sqrt(c) * s->yy, n) &&
	       at_most(s->yy, sqrt(n - c + 1) * s->xx, n) &&
	       at_most(fabs(s->yn), s->yy * s->nn, n) && determinant(s) >= -rounding;
}

/* One sentence has y = sum x and n = N; sentences of one step each have y = x. */
static bool is_simple(const struct head_sums *s)
{
	double n = s->steps, slack = n * vanishing / rounding;

	if (s->sentences == 1)
		return near(s->yy, fabs(s->x), slack) && near(s->yn / n, s->x, slack);
	if (s->sentences == n)
		return near(s->yy, s->xx, slack) && near(s->yn, s->x, s->xx * sqrt(n) + slack);
	return true;
}

/* Are the results that the record has, if any, those of its sums? */
static void check_results(const struct average *a, const struct record *r)
{
	static const char *const keys[] = { "mean", "deviation", "error", "low", "high" };
	const double *given[5] = { NULL };

	for (int k = 0; k < 5; k++) {
		if (!record_has(r, keys[k]))
			continue;
		struct tensor t = record_tensor(r, keys[k]);

		tensor_expect(&t, keys[k], 1, a->heads);
		given[k] = tensor_doubles(&t, r->arena, keys[k]);
	}
	for (long h = 0; h < a->heads; h++) {
		struct average_result is = average_result(a, h);
		double value[] = { is.mean, is.deviation, is.error, is.low, is.high };
		double scale = sqrt(exact_rows_value(&a->xx, h));

		for (int k = 0; k < 5; k++)
			if (given[k] && !near(given[k][h], value[k], scale))
				die("site %s: the %s of head %ld is %g, that of its sums %g",
					a->site, keys[k], h, given[k][h], value[k]);
	}
}

void average_check(const struct average *a, const struct record *r)
{
	check_lengths(a);
	for (long h = 0; h < a->heads; h++) {
		struct head_sums s = sums_of(a, h);

		if (!is_possible(&s) || !is_simple(&s))
			die("site %s: no relevances have the sums of head %ld", a->site, h);
	}
	check_results(a, r);
}
