/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_SHADE_H
#define LRP_PLOT_SHADE_H

#include <stdbool.h>
#include <stdio.h>

#include "plot/picture.h"
#include "plot/value_scale.h"

/* Parts of pictures in text: with 24-bit colours, or with characters for shades. */

/*
 * A cell of `width` columns, with its number where there are more than 2; where there are 2, a '-'
 * marks negatives.
 */
void shade_cell(FILE *to, const struct scale *s, double x, int width, bool colours);

/* A line with the scale, and what its numbers are numbers of, which goes on below where the picture is narrow. */
void shade_scale(FILE *to, const struct scale *s, const struct picture *p, const char *unit);

#endif
