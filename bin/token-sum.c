/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "base/die.h"
#include "stream/stream.h"

static const char help[] =
	"usage: token-sum [-qv] [-z level] [file ...]\n"
	"Sum relevance over the neurons of each token.\n"
	"\n"
	"  y[t,p] = sum_i x[t,p,i]    i over all neurons of position p\n"
	"\n"
	"Reads  relevance: 'relevance' [steps, positions, neurons]   (from lrp-layer)\n"
	"Writes tokens: 'relevance' [steps, positions]; other keys are passed on\n"
	"  -z level   compression of the stream written: -100 to 19 (default -1)\n"
	"  -q, -v     say less, say more\n"
	"  -h, -V     this help, the version\n"
	"Example:  trace-extract <dev.en | lrp-layer -l source | token-sum | stream-show\n";

static double sum(const double *x, long n)
{
	double total = 0;

	for (long i = 0; i < n; i++)
		total += x[i];
	return total;
}

static void sum_record(struct outstream *out, const struct record *r)
{
	struct tensor t = record_tensor(r, "relevance");

	tensor_expect(&t, "relevance", 3, -1L, -1L, -1L);
	if (!t.count)
		die("relevance of the shape %s is empty", tensor_shape_text(&t, r->arena));

	long steps = t.shape[0], positions = t.shape[1], neurons = t.shape[2];
	const double *x = tensor_doubles(&t, r->arena, "relevance");
	double *y = arena_zero(r->arena, (size_t)steps, (size_t)positions * sizeof *y);
	struct draft *d = stream_draft(out, "tokens");

	for (long i = 0; i < steps * positions; i++)
		y[i] = sum(x + i * neurons, neurons);
	draft_pass(d, r, "relevance", NULL);
	draft_doubles(d, "relevance", y, 2, steps, positions);
	stream_put(out, d);
}

int main(int argc, char **argv)
{
	struct options o = stream_options(argc, argv, NULL, INT_MAX, help);
	struct instream *in = stream_open(&o, "relevance");
	struct outstream *out = stream_create(&o, "tokens");
	struct record r;

	while (stream_next(in, &r))
		if (!stream_follow(out, &r))
			sum_record(out, &r);
	stream_finish(out);
	return 0;
}
