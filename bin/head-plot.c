/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "base/die.h"
#include "graph/choice.h"
#include "plot/heat_map.h"
#include "plot/picture.h"

static const char help[] =
	"usage: head-plot [-qv] [--svg | -o file] [--kind kind] [--unit head | group] [--title text]\n"
	"                 [--max x] [--no-numbers] [--stack] [--width n] [--color when] [file ...]\n"
	"Draw the mean relevance of heads, or another measure of them, as a heat map, layers x heads.\n"
	"\n"
	"  lightness  falls from 0 to max_h |m[h]|, the same in all panels; negative: another hue, hatched\n"
	"\n"
	"Reads  average: 'mean', 'low', 'high' [heads]   (from step-average, head-compare)\n"
	"Writes text for a terminal, SVG, PNG or PDF, of the layers that are there; a cell's tooltip has the\n"
	"       value and its interval\n" PICTURE_HELP
	"  --width n     text no wider than n columns (default: the terminal's), in blocks of heads; SVG wider\n"
	"                than n units has its panels below each other\n"
	"  --color when  24-bit colours in text: auto (a terminal whose COLORTERM says so; default),\n"
	"                always, never (characters for shades)\n"
	"  --kind kind   only enc-self, dec-self or dec-enc\n"
	"  --unit unit   a cell is a head (default), or a group of heads that share their keys and values:\n"
	"                the sum of their means\n"
	"  -q, -v        say less, say more\n"
	"  -h, -V        this help, the version\n"
	"Example:  head-relevance -a dev.en | head-plot\n"
	"          head-plot --stack -o dev.pdf dev.avg\n";

int main(int argc, char **argv)
{
	const char *kind = NULL, *unit = "head";
	struct picture p = PICTURE_DEFAULTS;
	const struct option_entry entries[] = { PICTURE_OPTIONS(p),
		{ .name = "kind", .text = &kind }, { .name = "unit", .text = &unit }, { 0 } };
	struct options o = options_parse(argc, argv, entries, INT_MAX, help);
	enum unit groups = unit_parse(unit);

	picture_check(&p);

	struct head_shares *s = shares_read(stream_open(&o, "average"), kind);

	if (groups == UNIT_GROUP)
		shares_group_all(s);
	struct heat_map m = heat_map_new(s, &p);

	place_source(NULL);

	FILE *to = picture_open(&p);

	if (p.svg)
		heat_map_svg(to, &m, &p);
	else
		heat_map_text(to, &m, &p);
	picture_close(&p, to);
	return 0;
}
