/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/die.h"
#include "stat/agree.h"
#include "stat/two_stage.h"
#include "stream/stream.h"

static const char help[] =
	"usage: step-plan [--until x] [-qv] [file ...]\n"
	"How many steps of each sentence to draw, for the least work to an interval of some width.\n"
	"\n"
	"  V(k)  = sum_c (y[c] - m n[c])^2 / (C - 1)  +  sum_c n[c]^2 (1/d[c] - 1/n[c]) s[c]^2 / C\n"
	"  S(k)  = (1.96 / x)^2  max over heads V(k) / (N/C)^2     sentences to a half-width x\n"
	"  W(k)  = S(k)  sum_c cost[c](d[c]) / C                   multiplications\n"
	"\n"
	"with y[c] the sum of a head over the n[c] steps of sentence c of C, s[c]^2 their variance, m the\n"
	"mean over all N steps, d[c] = min(k, n[c]): two-stage sampling (Cochran 1977). Between sentences\n"
	"values differ however many steps are drawn; what they differ within costs a step each.\n"
	"\n"
	"Reads  heads: 'relevance' [steps, heads] of some sentences, all steps, 'cost'\n"
	"              (from head-carry --cost, through head-norm)\n"
	"Writes text: a table with tabs: k, sentences S, work W, share of the work of all steps, 'best'\n"
	"  --until x  the half-width (default 0.002); which k is best does not depend on it\n"
	"  -q, -v     say less, say more\n"
	"  -h, -V     this help, the version\n"
	"Example:  head -32 dev.en | trace-extract | head-carry -l 4 --cost | head-norm | step-plan\n";

static void put_plans(const struct stage_plan *plan, long count, long best)
{
	double all = plan[count - 1].work;

	printf("steps\tsentences\tmultiplications\tshare\tbest\n");
	for (long i = 0; i < count; i++) {
		if (i < count - 1)
			printf("%ld", plan[i].steps);
		else
			printf("all");
		printf("\t%.0f\t%.3g\t%.3f\t%s\n", plan[i].sentences, plan[i].work,
			all > 0 ? plan[i].work / all : 1, i == best ? "best" : "");
	}
}

int main(int argc, char **argv)
{
	double half_width = 0.002;
	const struct option_entry entries[] = { { .name = "until", .real = &half_width }, { 0 } };
	struct options o = options_parse(argc, argv, entries, INT_MAX, help);
	struct instream *in = stream_open(&o, "heads");
	struct two_stage *x = two_stage_new();
	struct agree agree = { .headers = 0 };
	struct record r;
	long count, best;

	if (!(half_width > 0))
		die_usage("--until takes a number above 0");
	while (stream_next(in, &r))
		if (r.is_header) {
			two_stage_close(x);
			agree_check(&agree, &r);
		} else {
			two_stage_add(x, &r);
		}
	two_stage_close(x);
	place_source(NULL);
	const struct stage_plan *plan = two_stage_plans(x, half_width, &count, &best);
	if (count == 1 && !plan->steps && !o.quiet)
		warn("fewer than two sentences say nothing of how they differ; all steps, then");
	put_plans(plan, count, best);
	if (fflush(stdout) || ferror(stdout) || close(STDOUT_FILENO))
		die_errno("cannot write to standard output");
	return 0;
}
