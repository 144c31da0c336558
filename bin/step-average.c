/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "base/die.h"
#include "stat/agree.h"
#include "stat/average.h"
#include "stream/stream.h"

static const char help[] =
	"usage: step-average [-qv] [-z level] [file ...]\n"
	"Average relevances of heads over all generation steps, with the spread over sentences.\n"
	"\n"
	"  mean       m = sum_s x[s] / N                                   N steps\n"
	"  deviation  sqrt(sum_s (x[s] - m)^2 / (N - 1))                   over steps\n"
	"  error      sqrt(C / (C - 1) sum_c (y[c] - m n[c])^2) / N        over C sentences\n"
	"  low, high  m -+ t(0.975, C - 1) error                           95 % interval\n"
	"\n"
	"where y[c] is the sum of x over the n[c] steps of sentence c. The sums are exact: averages of\n"
	"parts of the data, in any order, average to the same bits as the whole.\n"
	"\n"
	"Reads  heads: 'relevance' [steps, heads], 'site', 'sentence', 'first_step'\n"
	"       average: 'sums'   (from step-average)\n"
	"Writes average: one record per site: 'mean', 'deviation', 'error', 'low', 'high' [heads],\n"
	"       'steps', 'sentences', 'sums'; no 'deviation' of one step, no 'error', 'low', 'high'\n"
	"       of one sentence\n"
	"  -z level   compression of the stream written: -100 to 19 (default -1)\n"
	"  -q, -v     say less, say more\n"
	"  -h, -V     this help, the version\n"
	"Example:  trace-extract <dev.en | lrp-layer -l all | head-sum | head-norm | step-average\n"
	"          step-average monday.avg tuesday.avg\n";

/* The first header is the result's; the others must agree with it. */
static void take_header(struct outstream *out, struct agree *agree, const struct record *r)
{
	bool first = agree->headers == 0;

	agree_check(agree, r);
	if (first)
		stream_follow(out, r);
}

static void put_averages(struct outstream *out, struct averages *all)
{
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
	struct record r;

	while (stream_next(in, &r)) {
		if (r.is_header) {
			averages_close(&all);
			take_header(out, &agree, &r);
		} else if (!strcmp(r.type, "heads")) {
			averages_add_heads(&all, &r);
		} else {
			averages_add_average(&all, &r);
		}
	}
	averages_close(&all);
	place_source(NULL); /* what is wrong from here on is not a file's fault */
	if (!all.count)
		die("no steps came in");
	put_averages(out, &all);
	stream_finish(out);
	return 0;
}
