/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "base/die.h"
#include "stream/stream.h"

static const char help[] =
	"usage: head-sum [-qv] [-z level] [file ...]\n"
	"Sum relevance over the positions and neurons of each attention head.\n"
	"\n"
	"  y[t,h] = sum_p sum_i x[t,p,i]    i over the neurons of head h: 'neurons / heads' in a row\n"
	"\n"
	"Reads  relevance: 'relevance' [steps, positions, neurons], 'heads'   (from lrp-layer)\n"
	"Writes heads: 'relevance' [steps, heads]; other keys but the sweep's are passed on\n"
	"  -z level   compression of the stream written: -100 to 19 (default -1)\n"
	"  -q, -v     say less, say more\n"
	"  -h, -V     this help, the version\n"
	"Example:  trace-extract <dev.en | lrp-layer -l 4 | head-sum | head-norm | step-average\n";

/* y [heads] = the sums of x [positions, heads, width], one step. */
static void sum_step(double *y, const double *x, long positions, long heads, long width)
{
	for (long h = 0; h < heads; h++)
		y[h] = 0;
	for (long p = 0; p < positions; p++)
		for (long h = 0; h < heads; h++)
			for (long i = 0; i < width; i++)
				y[h] += *x++;
}

static long head_count(const struct record *r, long neurons)
{
	if (!record_has(r, "heads"))
		die("site %s has no heads; use token-sum", record_text(r, "site"));

	long heads = record_int(r, "heads");

	if (heads < 1 || neurons % heads)
		die("%ld neurons cannot be divided into %ld heads", neurons, heads);
	return heads;
}

static void sum_record(struct outstream *out, const struct record *r)
{
	struct tensor t = record_tensor(r, "relevance");

	tensor_expect(&t, "relevance", 3, -1L, -1L, -1L);
	if (!t.count)
		die("relevance of the shape %s is empty", tensor_shape_text(&t, r->arena));

	long steps = t.shape[0], positions = t.shape[1], neurons = t.shape[2];
	long heads = head_count(r, neurons);
	const double *x = tensor_doubles(&t, r->arena, "relevance");
	double *y = arena_zero(r->arena, (size_t)steps, (size_t)heads * sizeof *y);
	struct draft *d = stream_draft(out, "heads");

	for (long s = 0; s < steps; s++)
		sum_step(y + s * heads, x + s * positions * neurons, positions, heads,
			neurons / heads);
	draft_pass(d, r, "relevance", "ledger", "pieces", "positions", NULL);
	draft_doubles(d, "relevance", y, 2, steps, heads);
	stream_put(out, d);
}

int main(int argc, char **argv)
{
	struct options o = stream_options(argc, argv, NULL, INT_MAX, help);
	struct instream *in = stream_open(&o, "relevance");
	struct outstream *out = stream_create(&o, "heads");
	struct record r;

	while (stream_next(in, &r))
		if (!stream_follow(out, &r))
			sum_record(out, &r);
	stream_finish(out);
	return 0;
}
