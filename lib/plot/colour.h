/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_COLOUR_H
#define LRP_PLOT_COLOUR_H

#include <stdbool.h>

/*
 * One hue from almost white (0) to almost black (1), its lightness (of Oklab) falling in equal
 * steps: the order of the values is that of the greys too, and needs no colour vision.
 */
struct colour {
	int red, green, blue;
};

struct colour colour_at(double x);

/* Is white or black text to be read better on it? */
bool colour_is_dark(struct colour c);

#endif
