/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_COLOUR_H
#define LRP_PLOT_COLOUR_H

#include <stdbool.h>

/*
 * From almost white (0) to almost black: blue up to 1, orange down to -1. On either side it is one
 * hue, its lightness (of Oklab) falling in equal steps, the same ones on both: the order of the
 * magnitudes is that of the greys too, and the two hues need no red or green. In grey they are alike:
 * there the sign has to be drawn, as a hatch or a character.
 */
struct colour {
	int red, green, blue;
};

struct colour colour_at(double x);

/* Is white or black text to be read better on it? */
bool colour_is_dark(struct colour c);

#endif
