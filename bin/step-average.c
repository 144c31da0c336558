/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "base/die.h"
#include "stat/agree.h"
#include "stat/average.h"
#include "stat/left_out_counts.h"
#include "stream/left_out.h"
#include "stream/stream.h"

static const char help[] =
	"usage: step-average [-qv] [-z level] [file ...]\n"
	"Average relevances of heads over all generation steps, with the spread over sentences.\n"
	"\n"
	"  mean       m = sum_c y[c] / N                                   N steps\n"
	"  deviation  sqrt(sum_c (z[c] - 2 m y[c] + m^2 n[c]) / (N - 1))   over steps\n"
	"  error      sqrt(C / (C - 1) sum_c (y[c] - m n[c])^2) / N        over C sentences\n"
	"  low, high  m -+ t(0.975, C - 1) error                           95 % interval\n"
	"\n"
	"where y[c] is the sum of x over the n[c] steps of sentence c, z[c] that of x^2. Where d[c] of the\n"
	"steps were drawn, both are the sums over these, times n[c] / d[c]: a sentence weighs by all its\n"
	"steps, and the error has the spread of the draws in it. The sums are exact: averages of parts\n"
	"of the data, in any order, average to the same bits as the whole.\n"
	"\n"
	"Reads  heads: 'relevance' [steps, heads], 'site', 'sentence', 'first_step', or 'drawn', 'of'\n"
	"       average: 'sums'   (from step-average)\n"
	"Writes average: one record per site: 'mean', 'deviation', 'error', 'low', 'high' [heads],\n"
	"       'steps', 'drawn' (of them), 'sentences', 'sums'; no 'deviation' of one step, no 'error', 'low', 'high'\n"
	"       of one sentence. The header counts what is not in it: lines that were left out, by\n"
	"       reason, as 'left_out', and sentences whose translation has no end, as 'cut'\n"
	"  -z level   compression of the stream written: -100 to 19 (default -1)\n"
	"  -q, -v     say less, say more\n"
	"  -h, -V     this help, the version\n"
	"Example:  trace-extract <dev.en | lrp-layer -l all | head-sum | head-norm | step-average\n"
	"          step-average monday.avg tuesday.avg\n";

/* The first header is the result's, with counts of its own; the others must agree with it. */
static struct draft *take_header(
	struct outstream *out, struct agree *agree, struct draft *first, const struct record *r)
{
	agree_check(agree, r);
	return first ? first : stream_header_draft(out, r, "left_out", "cut", NULL);
}

static void put_averages(struct outstream *out, struct draft *header, struct averages *all,
	struct left_out_counts *left_out)
{
	if (averages_cut(all))
		draft_int(header, "cut", averages_cut(all));
	left_out_draft(left_out, header);
	stream_begin(out, header);
	averages_sort(all);
	for (int i = 0; i < all->count; i++) {
		struct draft *d = stream_draft(out, "average");

		average_draft(all->at[i], d);
		stream_put(out, d);
	}
}

int main(int argc, char **argv)
{
	struct options o = stream_options(argc, argv, NULL, INT_MAX, help);
	struct instream *in = stream_open(&o, "heads average");
	struct outstream *out = stream_create(&o, "average");
	struct agree agree = { .headers = 0 };
	struct averages all = { .count = 0 };
	struct left_out_counts left_out = { .count = 0 };
	struct draft *header = NULL;
	struct record r;

	stream_takes_left_out(in);
	while (stream_next(in, &r)) {
		if (r.is_header) {
			averages_close(&all);
			header = take_header(out, &agree, header, &r);
			left_out_add_header(&left_out, &r);
		} else if (!strcmp(r.type, "heads")) {
			averages_add_heads(&all, &r);
		} else if (!strcmp(r.type, LEFT_OUT)) {
			left_out_add(&left_out, &r);
		} else {
			averages_add_average(&all, &r);
		}
	}
	averages_close(&all);
	place_source(NULL); /* what is wrong from here on is not a file's fault */
	if (!all.count && !left_out.count)
		die("no steps came in");
	if (!all.count && !o.quiet)
		warn("no steps came in: all lines were left out");
	put_averages(out, header, &all, &left_out);
	stream_finish(out);
	return 0;
}
