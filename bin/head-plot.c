/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "plot/heat_map.h"

static const char help[] =
	"usage: head-plot [-qv] [--svg | -o file.svg] [--color when] [--kind kind] [file ...]\n"
	"Draw the mean relevance of heads as a heat map, layers x heads.\n"
	"\n"
	"  lightness  falls from min(0, min_h m[h]) to max_h m[h], the same in all panels\n"
	"\n"
	"Reads  average: 'mean', 'low', 'high' [heads]   (from step-average)\n"
	"Writes text for a terminal, or SVG; a cell's tooltip has the value and its interval\n"
	"  --svg         SVG on standard output\n"
	"  -o file.svg   SVG into a file\n"
	"  --color when  24-bit colours in text: auto (a terminal whose COLORTERM says so; default),\n"
	"                always, never (characters for shades)\n"
	"  --kind kind   only enc-self, dec-self or dec-enc\n"
	"  -q, -v        say less, say more\n"
	"  -h, -V        this help, the version\n"
	"Example:  head-relevance -a dev.en | head-plot\n"
	"          head-plot --svg dev.avg >dev.svg\n";

static bool use_colours(const char *when)
{
	const char *term = getenv("COLORTERM");

	if (!strcmp(when, "always") || !strcmp(when, "never"))
		return !strcmp(when, "always");
	if (strcmp(when, "auto"))
		die_usage("option '--color' takes auto, always or never, not '%s'", when);
	return isatty(STDOUT_FILENO) && term &&
	       (!strcmp(term, "truecolor") || !strcmp(term, "24bit"));
}

static void check_name(const char *file)
{
	size_t n = file ? strlen(file) : 0;

	if (file && (n < 4 || strcmp(file + n - 4, ".svg")))
		die_usage("option '-o' takes a file.svg, not '%s'; for others use --svg and "
			  "rsvg-convert",
			file);
}

int main(int argc, char **argv)
{
	const char *file = NULL, *color = "auto", *kind = NULL;
	bool svg = false;
	const struct option_entry entries[] = { { .name = "svg", .flag = &svg },
		{ .letter = 'o', .text = &file }, { .name = "color", .text = &color },
		{ .name = "kind", .text = &kind }, { 0 } };
	struct options o = options_parse(argc, argv, entries, INT_MAX, help);
	bool colours = use_colours(color);

	check_name(file);

	struct shares *s = shares_read(stream_open(&o, "average"), kind);
	struct heat_map m = heat_map_new(s);

	place_source(NULL);

	FILE *to = file ? fopen(file, "w") : stdout;

	if (!to)
		die_errno("cannot write '%s'", file);
	if (svg || file)
		heat_map_svg(to, &m);
	else
		heat_map_text(to, &m, colours);
	if (fflush(to) || ferror(to) || fclose(to))
		die_errno("cannot write to %s", file ? file : "standard output");
	return 0;
}
