/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/die.h"
#include "stat/agree.h"
#include "stat/average.h"
#include "stat/left_out_counts.h"
#include "stat/until.h"
#include "stream/left_out.h"
#include "stream/stream.h"

static const char help[] =
	"usage: step-average [--until x] [-qv] [-z level] [file ...]\n"
	"Average relevances of heads over all generation steps, with the spread over sentences.\n"
	"\n"
	"  mean       m = sum_c y[c] / N                                   N steps\n"
	"  deviation  sqrt(sum_c (z[c] - 2 m y[c] + m^2 n[c]) / (N - 1))   over steps\n"
	"  error      sqrt(C / (C - 1) sum_c (y[c] - m n[c])^2) / N        over C sentences\n"
	"  low, high  m -+ t(0.975, C - 1) error                           95 % interval\n"
	"\n"
	"where y[c] is the sum of x over the n[c] steps of sentence c, z[c] that of x^2. Where d[c] of the\n"
	"steps were drawn, both are the sums over these, times n[c] / d[c]: a sentence weighs by all its\n"
	"steps, and the error has the spread of the draws in it. Rows that are sums of steps ('summed') have no\n"
	"deviation. The sums are exact: averages of parts of the data, in any order, average to the same bits\n"
	"as the whole.\n"
	"\n"
	"Reads  heads: 'relevance' [steps, heads], 'site', 'sentence', 'first_step', or 'drawn', 'of'\n"
	"       average: 'sums'   (from step-average)\n"
	"Writes average: one record per site: 'mean', 'deviation', 'error', 'low', 'high' [heads],\n"
	"       'steps', 'drawn' (of them), 'sentences', 'sums'; no 'deviation' of one step, no 'error', 'low', 'high'\n"
	"       of one sentence. The header counts what is not in it: lines that were left out, by\n"
	"       reason, as 'left_out', and sentences whose translation has no end, as 'cut'\n"
	"  --until x  stop reading where low and high of every head are no further than x from its mean,\n"
	"             after 50 sentences at least; header: 'until'. Averages are read whole, each file\n"
	"  -z level   compression of the stream written: -100 to 19 (default -1)\n"
	"  -q, -v     say less, say more\n"
	"  -h, -V     this help, the version\n"
	"Example:  trace-extract <dev.en | lrp-layer -l all | head-sum | head-norm | step-average\n"
	"          step-average monday.avg tuesday.avg\n";

/* What is read, and how far. */
struct averaging {
	struct agree agree;
	struct averages all;
	struct left_out_counts left_out;
	struct draft *header; /* of the result */
	struct until until;   /* its width NaN: to the end */
	long sentence;	      /* the one that is read now */
};

/* The first header is the result's, with counts of its own; the others must agree with it. */
static void take_header(struct averaging *x, struct outstream *out, const struct record *r)
{
	averages_check_header(r);
	agree_check(&x->agree, r);
	if (!x->header)
		x->header = stream_header_draft(out, r, "left_out", "cut", "until", NULL);
	left_out_add_header(&x->left_out, r);
}

/* With --until sentences are whole where another one begins, and then that is looked at. */
static bool begins(const struct averaging *x, const struct record *r)
{
	return r->is_header || (x->until.half_width > 0 && record_has(r, "sentence") &&
				       record_int(r, "sentence") != x->sentence);
}

/* False: all heads' intervals are narrow enough, and the record is not taken any more. */
static bool take(struct averaging *x, struct outstream *out, const struct record *r)
{
	if (begins(x, r)) {
		averages_close(&x->all);
		if (x->until.half_width > 0 && until_reached(&x->until, &x->all))
			return false;
	}
	if (r->is_header) {
		take_header(x, out, r);
		return true;
	}
	x->sentence = record_has(r, "sentence") ? record_int(r, "sentence") : 0;
	if (!strcmp(r->type, "heads"))
		averages_add_heads(&x->all, r);
	else if (!strcmp(r->type, LEFT_OUT))
		left_out_add(&x->left_out, r);
	else
		averages_add_average(&x->all, r);
	return true;
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
	struct averaging x = { .until = { .half_width = NAN } };
	const struct option_entry entries[] = { { .name = "until", .real = &x.until.half_width },
		{ 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct instream *in = stream_open(&o, "heads average");
	struct outstream *out = stream_create(&o, "average");
	struct record r;

	if (x.until.half_width <= 0)
		die_usage("--until takes a number above 0");
	stream_takes_left_out(in);
	while (stream_next(in, &r))
		if (!take(&x, out, &r))
			break;
	averages_close(&x.all);
	place_source(NULL); /* what is wrong from here on is not a file's fault */
	if (!x.all.count && !x.left_out.count)
		die("no steps came in");
	if (!x.all.count && !o.quiet)
		warn("no steps came in: all lines were left out");
	if (x.until.half_width > 0)
		until_draft(&x.until, &x.all, x.header, o.quiet);
	put_averages(out, x.header, &x.all, &x.left_out);
	stream_finish(out);
	return 0;
}
