/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_HEAT_MAP_H
#define LRP_PLOT_HEAT_MAP_H

#include <stdio.h>

#include "stat/shares.h"

/*
 * Layers x heads, one panel for each kind of attention, one scale for all of them: from 0 (or the
 * smallest mean, where it is negative) to the largest.
 */
struct heat_panel {
	const char *kind;
	long from, to; /* shares */
	long layers, heads;
};

struct heat_map {
	const struct shares *shares;
	struct heat_panel *panels;
	int count;
	long layers, heads; /* of the largest panel */
	double low, high;
};

struct heat_map heat_map_new(const struct shares *s);

/* Where on the scale, 0 to 1. */
double heat_map_place(const struct heat_map *m, double mean);

/* The share of a cell; NULL where none was measured. */
const struct share *heat_map_cell(
	const struct heat_map *m, const struct heat_panel *p, long layer, long head);

/* A number to print, with as many decimals as give the largest three digits. */
void heat_map_number(const struct heat_map *m, double x, char text[32]);

/* The picture as SVG; as lines of text, with 24-bit colours or with characters for shades. */
void heat_map_svg(FILE *to, const struct heat_map *m);
void heat_map_text(FILE *to, const struct heat_map *m, bool colours);

#endif
