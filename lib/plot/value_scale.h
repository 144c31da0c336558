/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_VALUE_SCALE_H
#define LRP_PLOT_VALUE_SCALE_H

/*
 * What the numbers of a picture lie between; 0 is always inside. Colours go by the magnitude, and
 * are the darkest at the largest of either sign: 0 is the lightest, whatever else there is.
 */
struct scale {
	double low, high; /* low <= 0 <= high; all zero: nothing was taken yet */
};

void scale_take(struct scale *s, double x);

/* Where x lies, -1 to 1, as colour_at() takes it. */
double scale_place(const struct scale *s, double x);

/* The number at a part of the way from low to high. */
double scale_between(const struct scale *s, double part);

/*
 * A number to print, with as many decimals as give the largest three digits. Only what is negative
 * as it is printed begins with '-'.
 */
void scale_number(const struct scale *s, double x, char text[32]);

/* The most characters of such a number. */
int scale_width(const struct scale *s);

#endif
