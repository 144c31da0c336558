/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_VALUE_SCALE_H
#define LRP_PLOT_VALUE_SCALE_H

#include <stdbool.h>

/*
 * What the numbers of a picture lie between; 0 is always inside. Colours go by the magnitude, and
 * are the darkest at the largest of either sign, or at `max`: 0 is the lightest, whatever else there
 * is. With `max` the scale is the same in every picture, and larger numbers have its last colour.
 */
struct scale {
	double low, high; /* low <= 0 <= high; all zero: nothing was taken yet */
	double max;	  /* 0, or infinite: the largest magnitude */
};

void scale_take(struct scale *s, double x);

/* Where x lies, -1 to 1, as colour_at() takes it. */
double scale_place(const struct scale *s, double x);

/* The number at a part of the way from one end to the other: low to high, or those of max. */
double scale_between(const struct scale *s, double part);

/*
 * A number to print, with as many decimals as give the largest three digits. Only what is negative
 * as it is printed begins with '-'.
 */
void scale_number(const struct scale *s, double x, char text[32]);

/* The number at an end of the scale; "≥ 0.5" where there are numbers behind it. */
void scale_end(const struct scale *s, bool top, char text[40]);

/* The most characters of such a number. */
int scale_width(const struct scale *s);

#endif
