/* SPDX-License-Identifier: Apache-2.0 */
/* effect-check: divergences of two tokens against what they are by hand; ends with 1 where one is wrong. */
#define REAL_IS_DOUBLE
#include <math.h>
#include <stdio.h>

#include "engine/effect.h"

static int wrong;

/* KL of (p, 1 - p) from the distribution that logits moved by -x make of it, with p x + (1 - p) y = 0 */
static void look(double p, double x, double should_be)
{
	double of[2] = { p, 1 - p };
	real moved[2] = { x, -p * x / (1 - p) };
	double is = effect_divergence(of, moved, 2);

	if (fabs(is - should_be) > 1e-12 * should_be) {
		printf("p %g, x %g: %.17g, not %.17g\n", p, x, is, should_be);
		wrong++;
	}
}

int main(void)
{
	look(0.5, 0, 0);
	/* log cosh(x): x^2/2 - x^4/12 for small x, |x| - log 2 for large */
	look(0.5, 1e-9, 5e-19);
	look(0.5, 1e-3, 5e-7 - 1e-12 / 12 + 1e-18 / 45);
	look(0.5, 0.025, log(cosh(0.025)));
	look(0.5, -0.035, log(cosh(0.035)));
	look(0.5, 2, log(cosh(2)));
	look(0.5, -60, 60 - log(2));
	look(0.5, 700, 700 - log(2));
	look(0.5, -1e5, 1e5 - log(2));
	/* log(0.25 e^-3 + 0.75 e^1) */
	look(0.25, 3, log(0.25 * exp(-3) + 0.75 * exp(1)));
	printf("%d wrong\n", wrong);
	return wrong > 0;
}
