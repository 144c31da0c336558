/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_HEAT_MAP_H
#define LRP_PLOT_HEAT_MAP_H

#include <stdio.h>

#include "plot/picture.h"
#include "plot/value_scale.h"
#include "rank/head_shares.h"

/* Layers x heads, one panel for each kind of attention, one scale for all of them. */
struct heat_panel {
	const char *kind;
	long from, to; /* shares */
	long rows, heads;
	long *layer;		   /* [rows]: of those that were measured */
	const struct share **cell; /* [rows, heads]; NULL where none was measured */
};

struct heat_map {
	const struct head_shares *shares;
	struct heat_panel *panels;
	int count;
	long rows, heads; /* the most of any panel */
	struct scale scale;
	const char *title, *legend; /* what the picture is of, and its numbers */
};

/* With the picture's title and the end of its scale. */
struct heat_map heat_map_new(struct head_shares *s, const struct picture *p);

/* The picture as SVG; as lines of text, with 24-bit colours or with characters for shades. */
void heat_map_svg(FILE *to, const struct heat_map *m, const struct picture *p);
void heat_map_text(FILE *to, const struct heat_map *m, const struct picture *p);

#endif
