/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "base/die.h"
#include "plot/picture.h"
#include "plot/token_map.h"

static const char help[] =
	"usage: token-plot [-qv] [--svg | -o file | --table] [--title text] [--max x] [--no-numbers]\n"
	"                  [--stack] [--width n] [--color when] [file ...]\n"
	"Draw what each predicted token is made from: predicted tokens x tokens.\n"
	"\n"
	"  y[t,p] = 100 x[t,p] / start[t]    percent of the row; start: of the ledger, else 1\n"
	"  lightness  falls from 0 to max |y|, the same in all panels; negative: another hue, hatched\n"
	"\n"
	"Reads  tokens: 'relevance' [steps, positions], 'ledger', 'pieces', 'predicted'   (from token-sum)\n"
	"Writes text for a terminal, SVG, PNG or PDF: of each sentence a panel for each site, and sums\n" PICTURE_HELP
	"  --width n     no wider than n columns of text (default: the terminal's), or n units of SVG (default\n"
	"                1200): a long sentence is drawn in blocks of columns\n"
	"  --color when  24-bit colours in text: auto (a terminal whose COLORTERM says so; default),\n"
	"                always, never (characters for shades)\n"
	"  --table       tables of the shares, * the strongest; beside those of the first site the sums of\n"
	"                the others, and what was lost, where anything was. A sentence at a time\n"
	"  -q, -v        say less, say more\n"
	"  -h, -V        this help, the version\n"
	"Example:  head -1 dev.en | trace-extract | lrp-layer -l source,target | token-sum | token-plot\n";

/* A line without anything stands between sentences. */
static void put_tables(void *context, const struct token_map *m)
{
	bool *any = context;

	if (*any)
		putchar('\n');
	token_map_tables(stdout, m->at);
	*any = true;
}

int main(int argc, char **argv)
{
	struct picture p = PICTURE_DEFAULTS;
	bool table = false, any = false;
	const struct option_entry entries[] = { PICTURE_OPTIONS(p),
		{ .name = "table", .flag = &table }, { 0 } };
	struct options o = options_parse(argc, argv, entries, INT_MAX, help);

	picture_check(&p);
	if (table && p.svg)
		die_usage("--table is text: it goes without --svg and -o");

	struct instream *in = stream_open(&o, "tokens");

	if (table) {
		token_map_each(in, put_tables, &any);
		place_source(NULL);
		picture_close(&p, stdout);
		return 0;
	}

	struct token_map *m = token_map_read(in, p.max);

	place_source(NULL);

	FILE *to = picture_open(&p);

	if (p.svg)
		token_map_svg(to, m, &p);
	else
		token_map_text(to, m, &p);
	picture_close(&p, to);
	return 0;
}
