/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "ablation/points.h"
#include "base/die.h"
#include "base/options.h"

static const char help[] =
	"usage: ablation-plan --sites sites.tsv [--points N] [--random N] [--seed seed]\n"
	"                     [--losses directory] [-qv] [scores.tsv]\n"
	"Which heads to mask, to see whether orders of heads foretell what masking costs.\n"
	"\n"
	"  none     no head                  single   each head alone\n"
	"  least    of each order its k last heads        k = round(p * heads / N), p = 1 .. N\n"
	"  most     of each order its k first heads       random   k heads of a random order\n"
	"\n"
	"Reads  table: order, head, score, the most relevant head first in each order\n"
	"Writes table: order, direction, removed, head, file, mask; equal masks have one file. Its first\n"
	"       five columns are a plan of loss-compare's, when the files hold the losses of the masks\n"
	"\n"
	"  --sites sites.tsv   table: site, heads; the heads there are\n"
	"  --points N          of a curve, the last one without any head (default 12)\n"
	"  --random N          random orders (default 20)\n"
	"  --seed seed         of the random orders (default 1)\n"
	"  --losses directory  where the files of losses will be (default losses)\n"
	"  -q, -v              say less, say more\n"
	"  -h, -V              this help, the version\n"
	"\n"
	"Example:  ablation-plan --sites sites.tsv --random 5 scores.tsv | cut -f 1-5 >next.tsv\n";

int main(int argc, char **argv)
{
	struct points_request q = {
		.scores = "-", .losses = "losses", .points = 12, .random = 20, .seed = 1
	};
	const struct option_entry entries[] = { { .name = "sites", .text = &q.sites },
		{ .name = "losses", .text = &q.losses }, { .name = "points", .count = &q.points },
		{ .name = "random", .count = &q.random }, { .name = "seed", .count = &q.seed },
		{ 0 } };
	struct options o = options_parse(argc, argv, entries, 1, help);

	if (!q.sites)
		die_usage("--sites is needed: which heads there are");
	if (q.points < 1)
		die_usage("--points takes 1 or more");
	if (o.file_count)
		q.scores = o.files[0];
	points_write(&q, stdout);
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write to standard output");
	return 0;
}
