/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/student.h"

#include <math.h>

/* From here on the expansion in 1/freedom is exact to 1e-13. */
enum { MANY = 1000 };

/*
 * P(|T| <= t) for t = sqrt(v) tan(angle) and whole v: a finite sum of positive terms, so nothing
 * cancels (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4).
 *
 *   v even   sin (1 + 1/2 cos^2 + 1 3/(2 4) cos^4 + ...             up to cos^(v-2))
 *   v odd    2/pi (angle + sin (cos + 2/3 cos^3 + 2 4/(3 5) cos^5 ... up to cos^(v-2)))
 */
static double probability(double angle, long v)
{
	double c = cos(angle), odd = (double)(v % 2), sum = 0, term = odd ? c : 1;

	for (long power = v % 2; power <= v - 2; power += 2) {
		sum += term;
		term *= c * c * (double)(power + 1) / (double)(power + 2);
	}
	sum *= sin(angle);
	return odd ? M_2_PI * (angle + sum) : sum;
}

/* Many degrees of freedom: the normal quantile and its corrections (26.7.5). */
static double expansion(double v)
{
	const double z = 1.959963984540054, z2 = z * z;
	double g1 = (z2 + 1) / 4;
	double g2 = ((5 * z2 + 16) * z2 + 3) / 96;
	double g3 = (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;

	return z * (1 + (g1 + (g2 + g3 / v) / v) / v);
}

double student_95(long freedom)
{
	double low = 0, high = M_PI_2;

	if (freedom >= MANY)
		return expansion((double)freedom);
	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (probability(middle, freedom) < 0.95)
			low = middle;
		else
			high = middle;
	}
	return sqrt((double)freedom) * tan(low);
}

enum { MOST = 1000000, TERMS = 100000 };

/* log of the gamma function at a + 1/2 over that at a; from 100 on by its series, as logarithms
 * of large numbers would cancel. */
static double log_gamma_ratio(double a)
{
	double r = 1 / a;

	if (a < 100)
		return lgamma(a + 0.5) - lgamma(a);
	return log(a) / 2 + log1p(r * (-1.0 / 8 + r * (1.0 / 128 + r * (5.0 / 1024))));
}

/*
 * The continued fraction of the regularised incomplete beta function I_x(a, b), without the factor
 * before it (DLMF 8.17.22), by Lentz's method (DLMF 3.10(iii)); for x below (a + 1) / (a + b + 2).
 */
static double beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double f = 1, c = 1, d = 0;

	for (int i = 1; i < TERMS; i++) {
		double m = floor(i / 2.0), even = m * (b - m) / (a + 2 * m - 1) / (a + 2 * m);
		double odd = -(a + m) * (a + b + m) / (a + 2 * m) / (a + 2 * m + 1);
		double term = (i % 2 ? odd : even) * x;

		d = 1 + term * d;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = 1 + term / c;
		c = fabs(c) < tiny ? tiny : c;
		f *= c * d;
		if (fabs(c * d - 1) < 1e-15)
			break;
	}
	return 1 / f;
}

/* I_x(v/2, 1/2) at x = v / (v + t^2), and where that is near 1, 1 - I_{1-x}(1/2, v/2). */
double student_p(double t, long freedom)
{
	double v = freedom < MOST ? (double)freedom : MOST, a = v / 2,
	       q = t / sqrt(v) * t / sqrt(v);
	double log_x = -log1p(q), y = q / (1 + q), log_beta = log(M_PI) / 2 - log_gamma_ratio(a);

	if (t == 0)
		return 1;
	if (isinf(q))
		return 0;
	if (1 / (1 + q) < (a + 1) / (a + 2.5))
		return exp(a * log_x + log(y) / 2 - log(a) - log_beta) *
		       beta_fraction(a, 0.5, 1 / (1 + q));
	return 1 - exp(a * log_x + log(y) / 2 - log(0.5) - log_beta) * beta_fraction(0.5, a, y);
}
