/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/colour.h"

#include <math.h>

/* Oklab: lightness 0.975 to 0.275 in equal steps, hue 250 to 265 degrees, and 65 to 50. */
static const struct colour blue[] = { { 242, 247, 253 }, { 186, 222, 253 }, { 140, 193, 250 },
	{ 105, 164, 242 }, { 80, 136, 215 }, { 65, 109, 179 }, { 55, 84, 136 }, { 47, 61, 90 },
	{ 25, 38, 69 } };
static const struct colour orange[] = { { 252, 246, 240 }, { 245, 211, 181 }, { 237, 175, 122 },
	{ 223, 140, 65 }, { 195, 112, 36 }, { 160, 90, 32 }, { 124, 69, 29 }, { 90, 50, 24 },
	{ 59, 32, 16 } };

enum { LAST = sizeof blue / sizeof *blue - 1 };

static int between(int a, int b, double part)
{
	return (int)lround(a + (b - a) * part);
}

struct colour colour_at(double x)
{
	double place = fmin(fabs(x), 1) * LAST;
	int i = place < LAST ? (int)place : LAST - 1;
	const struct colour *a = (x < 0 ? orange : blue) + i, *b = a + 1;

	return (struct colour){ between(a->red, b->red, place - i),
		between(a->green, b->green, place - i), between(a->blue, b->blue, place - i) };
}

bool colour_is_dark(struct colour c)
{
	return 299 * c.red + 587 * c.green + 114 * c.blue < 115 * 1000;
}
