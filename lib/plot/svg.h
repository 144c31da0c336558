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

/* The same, rising to the right; around its middle, from below to above, grey. */
void svg_slanted(FILE *to, long x, long y, const char *text);
void svg_upright(FILE *to, long x, long y, const char *text);

/* About how wide a plain text is (base/utf8.h): fonts differ, and this is what wide ones need. */
long svg_text_width(const char *text);

/* Lines of a text of any length that are not wider than `width`, SVG_LINE below each other; how many. */
enum { SVG_LINE = 16 };
long svg_paragraph(FILE *to, long x, long y, long width, const char *classes, const char *text);
long svg_paragraph_lines(const char *text, long width);

/* A cell with a tooltip, and its number where there is room for it. Negative ones are hatched, since
 * in grey the two hues are alike. */
void svg_cell(FILE *to, const struct scale *s, double x, struct box cell, bool numbers,
	const char *tooltip);

/* What the numbers are numbers of, below it the colours with their numbers. */
enum { SVG_SCALE_WIDTH = 256, SVG_SCALE_HEIGHT = 48 };
void svg_scale(FILE *to, const struct scale *s, long x, long y, const char *unit);

#endif
