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
	double c = cos(angle), odd = v % 2, sum = 0, term = odd ? c : 1;

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
