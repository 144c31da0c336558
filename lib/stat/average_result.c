/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "stat/average.h"
#include "stat/student.h"

static struct exact product(const struct exact *a, const struct exact *b)
{
	struct exact p = { .count = 0 };

	exact_add_exact_product(&p, a, b);
	return p;
}

/* The quotient of rounded numbers, and what its rounding left of the sum, divided in turn. */
static double mean_value(const struct average *a, const struct exact *x)
{
	double n = (double)a->steps, m = exact_value(x) / n;
	struct exact rest = *x;

	exact_add_product(&rest, -m, n);
	return m + exact_value(&rest) / n;
}

/* N sum z - (sum y)^2 = N sum (z - 2 m y + m^2 n) */
static double deviation(const struct average *a, const struct exact *x, long h)
{
	double n = (double)a->steps;
	struct exact steps = { 1, { n } }, minus_x = product(x, &(struct exact){ 1, { -1 } });
	struct exact xx = exact_rows_get(&a->xx, h), total = product(&steps, &xx);

	exact_add_exact_product(&total, &minus_x, x);
	return sqrt(fmax(exact_value(&total), 0) / n / (n - 1));
}

/* N^2 sum y^2 - 2 N (sum x) sum y n + (sum x)^2 sum n^2 = N^2 sum (y - m n)^2 */
static double standard_error(const struct average *a, const struct exact *x, long h)
{
	double n = (double)a->steps, c = (double)a->sentences;
	struct exact yy = exact_rows_get(&a->yy, h), yn = exact_rows_get(&a->yn, h);
	struct exact steps = { 1, { n } }, minus_two = { 1, { -2 } };
	struct exact n_yy = product(&steps, &yy), n_x = product(&steps, x);
	struct exact n_x_yn = product(&n_x, &yn), x_x = product(x, x);
	struct exact total = product(&steps, &n_yy);

	exact_add_exact_product(&total, &minus_two, &n_x_yn);
	exact_add_exact_product(&total, &x_x, &a->nn);
	return sqrt(c / (c - 1) * fmax(exact_value(&total), 0)) / n / n;
}

struct average_result average_result(const struct average *a, long head)
{
	double t = a->sentences > 1 ? student_95(a->sentences - 1) : 0;
	struct exact x = exact_rows_get(&a->x, head);
	struct average_result to = { .mean = mean_value(a, &x) };

	if (a->drawn > 1)
		to.deviation = deviation(a, &x, head);
	if (a->sentences > 1)
		to.error = standard_error(a, &x, head);
	to.low = to.mean - t * to.error;
	to.high = to.mean + t * to.error;
	return to;
}
