/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_SVG_H
#define LRP_PLOT_SVG_H

#include <stdbool.h>
#include <stdio.h>

#include "plot/value_scale.h"

/* Parts of pictures in SVG. All text is escaped; sizes are pixels. */
struct box {
	long x, y, width, height;
};

/* What stands before and after everything else. */
void svg_begin(FILE *to, long width, long height);
void svg_end(FILE *to);

/* Classes of text: "s" from its start, "m" around its middle, "e" up to its end, "b" bold, "n" the
 * number of a cell, "g" grey. */
void svg_text(FILE *to, long x, long y, const char *classes, const char *text);

/* The same, rising to the right. */
void svg_slanted(FILE *to, long x, long y, const char *text);

/* A cell with a tooltip, and its number; where there is no room for numbers a bar marks negatives.
 */
void svg_cell(FILE *to, const struct scale *s, double x, struct box cell, bool numbers,
	const char *tooltip);

/* The colours with their numbers, and what they are numbers of. */
enum { SVG_SCALE_WIDTH = 256, SVG_SCALE_HEIGHT = 30 };
void svg_scale(FILE *to, const struct scale *s, long x, long y, const char *unit);

#endif
