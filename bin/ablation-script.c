/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "ablation/script.h"
#include "base/die.h"
#include "base/options.h"

static const char help[] =
	"usage: ablation-script [--direction least|most|both] [-k ORDERS] [--max MAX] [--title TEXT]\n"
	"                       [--png] [-qv] [points.tsv]\n"
	"A gnuplot script of what masking more and more heads costs, one curve an order of the heads.\n"
	"\n"
	"  x = heads removed, y = mean loss per token, or divergence, where the table has kl\n"
	"  solid: the least relevant heads first; dashed: the most relevant ones first; where one direction\n"
	"  alone is drawn, each order has dashes of its own\n"
	"\n"
	"Reads  table: order, direction, removed, loss or kl, increase, low, high   (points.tsv of head-ablate)\n"
	"Writes a script for gnuplot, and behind it the titles of its plots as comments\n"
	"\n"
	"  --direction WHICH  curves to draw: least, most, or both (default)\n"
	"  -k ORDERS  only these, in this order; names with spaces between, 'random' for the random ones\n"
	"  --max MAX  the top of the picture; what is above is cut off\n"
	"  --title TEXT  above it\n"
	"  --png      for a picture in PNG, not SVG\n"
	"  -q, -v     say less, say more\n"
	"  -h, -V     this help, the version\n"
	"\n"
	"Example:  ablation-script points.tsv | gnuplot >ablation.svg\n";

int main(int argc, char **argv)
{
	struct script_request q = { .file = "-", .direction = "both", .top = -1 };
	const struct option_entry entries[] = { { .name = "direction", .text = &q.direction },
		{ .letter = 'k', .text = &q.orders }, { .name = "max", .real = &q.top },
		{ .name = "title", .text = &q.title }, { .name = "png", .flag = &q.png }, { 0 } };
	struct options o = options_parse(argc, argv, entries, 1, help);

	if (strcmp(q.direction, "least") && strcmp(q.direction, "most") &&
		strcmp(q.direction, "both"))
		die_usage("--direction takes least, most or both, not '%s'", q.direction);
	if (o.file_count)
		q.file = o.files[0];
	script_write(&q, stdout);
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write to standard output");
	return 0;
}
