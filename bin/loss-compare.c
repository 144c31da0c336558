/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/options.h"
#include "ablation/summary.h"

static const char help[] =
	"usage: loss-compare [--judge loss|kl] [--samples samples] [--seed seed]\n"
	"                    [--scores scores.tsv [--against order]] [plan.tsv]\n"
	"What masking heads costs, and which order of heads foretells it.\n"
	"\n"
	"  increase[p]  mean loss of point p - mean loss without masks, per step; with --judge kl mean\n"
	"               divergence from the unmasked model's predictions, in place of loss\n"
	"  low, high    2.5 % and 97.5 % quantiles over bootstrap samples of sentences, the same\n"
	"               sentences for all points\n"
	"\n"
	"With --scores a summary of each order instead, every value with its interval:\n"
	"  least        area under the increase, the least relevant first, over the part removed\n"
	"  area         that of the most relevant first, minus least\n"
	"  percentile   percent of the random orders whose area is larger than least\n"
	"  spearman, pearson   correlation of scores with the increase of single heads: of all, of a\n"
	"               kind, and the mean of those within a layer; their intervals are\n"
	"               value -+ 1.96 standard deviations over the samples\n"
	"and behind each correlation its ceiling, since what was measured has noise of its own:\n"
	"  r            correlation of the increases in a random half of the sentences with those in the\n"
	"               other half, mean over as many splits as samples; of layers the mean within them\n"
	"  reliability  2 r / (1 + r): of all sentences (Spearman-Brown)\n"
	"  attainable   sqrt(reliability): what the true costs would correlate by, the most to be had\n"
	"  reached      value / attainable\n"
	"  note         why there is none, '-': few sentences (less than 4), few heads (no layer with 3),\n"
	"               equal costs, halves disagree (reliability is not above 0)\n"
	"\n"
	"Reads  lines: order, direction (none, single, least, most, random), removed, head, file;\n"
	"              with --scores lines of order, head, score; tabs between, the names above\n"
	"       losses: 'loss' or 'kl', 'top1' [steps], the files of the lines   (from step-loss)\n"
	"Writes text: a table with tabs\n"
	"  --scores scores.tsv   write the summary\n"
	"  --against order       and each order's difference to this one\n"
	"  --judge loss|kl       what a mask costs: loss (default), or kl (step-loss --against)\n"
	"  --samples samples     bootstrap samples, and splits (default 1000)\n"
	"  --seed seed           of the random numbers (default 1)\n"
	"  -q, -v                say less, say more\n"
	"  -h, -V                this help, the version\n"
	"Example:  loss-compare plan.tsv\n"
	"          loss-compare --scores scores.tsv --against confidence plan.tsv\n";

int main(int argc, char **argv)
{
	const char *scores = NULL, *against = NULL, *judge = "loss";
	long samples = 1000, seed = 1;
	const struct option_entry entries[] = { { .name = "scores", .text = &scores },
		{ .name = "against", .text = &against }, { .name = "judge", .text = &judge },
		{ .name = "samples", .count = &samples }, { .name = "seed", .count = &seed },
		{ 0 } };
	struct options o = options_parse(argc, argv, entries, 1, help);

	if (against && !scores)
		die_usage("--against compares the orders of --scores");
	if (strcmp(judge, "loss") && strcmp(judge, "kl"))
		die_usage("--judge takes loss or kl, not '%s'", judge);
	if (samples < 1)
		die_usage("option '--samples' takes a whole number from 1 on");
	struct ablation_plan *p = plan_read(o.file_count ? o.files[0] : "-", judge);
	if (scores)
		plan_scores(p, scores);
	const struct ablation *a = ablation_resample(p, samples, seed);
	if (scores)
		ablation_write_summary(stdout, a, against);
	else
		ablation_write_points(stdout, a);
	if (fflush(stdout) || ferror(stdout) || close(STDOUT_FILENO))
		die_errno("cannot write to standard output");
	return 0;
}
