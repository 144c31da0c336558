/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_HEAT_MAP_H
#define LRP_PLOT_HEAT_MAP_H

#include <stdio.h>

#include "plot/value_scale.h"
#include "rank/head_shares.h"

/* Layers x heads, one panel for each kind of attention, one scale for all of them. */
struct heat_panel {
	const char *kind;
	long from, to; /* shares */
	long layers, heads;
	const struct share **cell; /* [layers, heads]; NULL where none was measured */
};

struct heat_map {
	const struct head_shares *shares;
	struct heat_panel *panels;
	int count;
	long layers, heads; /* of the largest panel */
	struct scale scale;
};

struct heat_map heat_map_new(const struct head_shares *s);

/* What the picture is of, as far as the average says: model, rule, norm, steps and sentences. */
const char *heat_map_title(const struct head_shares *s, struct arena *a);

/* The picture as SVG; as lines of text, with 24-bit colours or with characters for shades. */
void heat_map_svg(FILE *to, const struct heat_map *m);
void heat_map_text(FILE *to, const struct heat_map *m, bool colours);

#endif
