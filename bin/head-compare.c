/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "compare/compare_write.h"
#include "compare/holm.h"
#include "stream/failure.h"

static const char help[] =
	"usage: head-compare [-qv] [-z level] [--table] [--pair how] [--holm] [--top heads]\n"
	"                    [--samples n] [--seed seed] A [B]\n"
	"Compare the heads of two runs: two rules, models or texts, before and after training.\n"
	"\n"
	"  mean       D = m_A - m_B,  m = sum_c y[c] / N of either                N steps\n"
	"  error      sqrt(C / (C - 1) sum_c (r_A[c] - r_B[c])^2)                 paired\n"
	"             sqrt(error_A^2 + error_B^2)                                 else\n"
	"  low, high  D -+ t(0.975, C - 1) error; else with Welch's degrees of freedom\n"
	"\n"
	"where r[c] = (y[c] - m n[c]) / N, and y[c] is the sum of a head over the n[c] steps of sentence\n"
	"c of C, as step-average has it. Of all heads, of a kind, and within a layer (the mean over\n"
	"layers): Spearman's rank correlation and Kendall's tau-b of m_A and m_B; and which part of the\n"
	"heads with the largest m_A is among those with the largest m_B. With intervals, value -+ 1.96\n"
	"deviations over bootstrap samples of sentences, where A and B are both heads.\n"
	"\n"
	"Heads are the same where site and number are, the number before any was taken out of a model.\n"
	"\n"
	"Reads  heads: 'relevance' [steps, heads]  (from head-norm, head-carry, head-confidence, ...):\n"
	"              one number is held for each sentence and head\n"
	"       average: 'sums'  (from step-average), without sentences: nothing is paired\n"
	"       B is standard input where it is not given; one of both may be '-'\n"
	"Writes average: 'mean' is D, with 'error', 'low', 'high', 'mean_a', 'mean_b' [heads], for\n"
	"       head-plot and head-rank; header: 'compared', 'agreement'. On a terminal the table\n"
	"  --table        a table for people: the sides, correlations, heads by the size of D\n"
	"  --pair how     same (default): paired where both have sentences of the same numbers, texts and\n"
	"                 steps, and only then; number: by number alone, as of one text translated by\n"
	"                 two models, other sentences left out; none\n"
	"  --holm         add 'p_holm', two-sided p-values of D (Student), adjusted for all heads (Holm)\n"
	"  --top heads    of how many of the largest the overlap is (default 10)\n"
	"  --samples n    bootstrap samples (default 1000)\n"
	"  --seed seed    of the random numbers (default 1)\n"
	"  -z level       compression of the stream written: -100 to 19 (default -1)\n"
	"  -q, -v         say less, say more\n"
	"  -h, -V         this help, the version\n"
	"Example:  head-compare magnitude.lrp attnlrp.lrp | head-plot\n";

static void tell(const struct head_comparison *c)
{
	match_tell(c->heads, c->a, c->b);
	if (c->sentences->why)
		warn("unpaired: %s%s", c->sentences->why,
			c->agreement->intervals ? "; --pair number pairs those of one number"
						: "; correlations have no intervals");
	if (c->sentences->left_out_a || c->sentences->left_out_b)
		warn("%ld pairs; %ld sentences of %s and %ld of %s are in none",
			c->sentences->a.sentences, c->sentences->left_out_a, c->a->file,
			c->sentences->left_out_b, c->b->file);
}

static double *adjusted_values(const struct head_comparison *c)
{
	double *p = must_alloc((size_t)c->heads->heads, sizeof *p);

	for (long h = 0; h < c->heads->heads; h++)
		p[h] = c->difference[h].p;
	holm_adjust(p, c->heads->heads);
	return p;
}

int main(int argc, char **argv)
{
	const char *pair = "same";
	bool table = false, holm = false;
	long top = -1, samples = 1000, seed = 1;
	const struct option_entry entries[] = { { .name = "table", .flag = &table },
		{ .name = "pair", .text = &pair }, { .name = "holm", .flag = &holm },
		{ .name = "top", .count = &top }, { .name = "samples", .count = &samples },
		{ .name = "seed", .count = &seed }, { 0 } };
	struct options o = stream_options(argc, argv, entries, 2, help);
	enum pair_by by = pair_by_parse(pair);

	if (!o.file_count)
		die_usage("two streams are needed");
	const char *b = o.file_count > 1 ? o.files[1] : "-";
	if (strcmp(o.files[0], "-") == 0 && strcmp(b, "-") == 0)
		die_usage("only one of the streams can be standard input");
	if (top == 0)
		die_usage("option '--top' takes a whole number from 1 on");
	if (samples < 1)
		die_usage("option '--samples' takes a whole number from 1 on");
	table |= isatty(STDOUT_FILENO) == 1;
	if (table)
		die_last_words(NULL); /* text has no record that says what failed */

	struct head_comparison c = { .a = compared_read(o.files[0]) };

	c.b = compared_read(b);
	c.heads = match_heads(c.a, c.b);
	c.sentences = pair_sentences(c.heads, c.a, c.b, by);
	c.difference = differences(c.heads, c.sentences);
	c.agreement = agreement_of(c.heads, c.sentences, c.difference, top, samples, seed);
	c.adjusted = holm ? adjusted_values(&c) : NULL;
	compare_name(&c, o.quiet);
	if (!o.quiet)
		tell(&c);
	if (table) {
		compare_table(stdout, &c);
		if (fflush(stdout) || ferror(stdout) || close(STDOUT_FILENO))
			die_errno("cannot write to standard output");
		return 0;
	}
	struct outstream *out = stream_create(&o, "average");

	compare_put(out, &c);
	stream_finish(out);
	return 0;
}
