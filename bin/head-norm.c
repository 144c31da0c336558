/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "base/die.h"
#include "record/drawn.h"
#include "stat/head_norm.h"
#include "stream/stream.h"

static const char help[] =
	"usage: head-norm [-qv] [-n norm] [-z level] [file ...]\n"
	"Turn relevances of heads into shares of their layer, step by step.\n"
	"\n"
	"  sum     y[t,h] = x[t,h] / sum_g x[t,g]\n"
	"  abs     y[t,h] = |x[t,h]| / sum_g |x[t,g]|\n"
	"  max     y[t,h] = x[t,h] / max_g |x[t,g]|\n"
	"  size    y[t,h] = |x[t,h]|\n"
	"  square  y[t,h] = x[t,h]^2\n"
	"  none    y[t,h] = x[t,h]\n"
	"\n"
	"The shares of a step whose heads are all zero, as where they are masked, are 0, with a warning.\n"
	"Where |sum_g x[t,g]| < 0.01 sum_g |x[t,g]|, heads of either sign nearly cancel, and a share is up\n"
	"to a hundred times what there is to share, or more: -n sum warns at the first such step.\n"
	"\n"
	"Reads  heads: 'relevance' [steps, heads]   (from head-sum or head-carry)\n"
	"Writes heads: 'relevance' [steps, heads]; other keys are passed on; header: 'norm'\n"
	"  -n norm    sum (default), abs, max, size, square or none\n"
	"  -z level   compression of the stream written: -100 to 19 (default -1)\n"
	"  -q, -v     say less, say more\n"
	"  -h, -V     this help, the version\n"
	"Example:  trace-extract <dev.en | lrp-layer -l 4 | head-sum | head-norm | step-average\n";

/* Say in the header what was done; done once, another norm would mean nothing. */
static void put_header(struct outstream *out, const struct record *r, const struct head_norm *norm)
{
	struct draft *d = stream_header_draft(out, r, NULL);

	if (strcmp(norm->name, "none")) {
		if (record_has(r, "norm") && strcmp(record_text(r, "norm"), norm->name))
			die("the heads are normalised already, with -n %s", record_text(r, "norm"));
		d = stream_header_draft(out, r, "norm", NULL);
		draft_text(d, "norm", norm->name);
	}
	stream_begin(out, d);
}

static void put_heads(struct outstream *out, const struct record *r, const struct head_norm *norm,
	struct norm_said *said)
{
	struct tensor t = record_tensor(r, "relevance");

	tensor_expect(&t, "relevance", 2, -1L, -1L);
	if (!t.count)
		die("relevance of the shape %s is empty", tensor_shape_text(&t, r->arena));

	long steps = t.shape[0], heads = t.shape[1];
	struct drawn drawn = record_drawn(r, steps);
	const char *site = record_has(r, "site") ? record_text(r, "site") : "?";
	const double *x = tensor_doubles(&t, r->arena, "relevance");
	double *y = arena_zero(r->arena, (size_t)steps, (size_t)heads * sizeof *y);
	struct draft *d = stream_draft(out, "heads");

	if (record_has(r, "summed"))
		norm_check_sum(norm);
	for (long s = 0; s < steps; s++)
		norm_step(norm, y + s * heads, x + s * heads, heads, drawn_step(&drawn, s), site,
			said);
	draft_pass(d, r, "relevance", NULL);
	draft_doubles(d, "relevance", y, 2, steps, heads);
	stream_put(out, d);
}

int main(int argc, char **argv)
{
	const char *name = "sum";
	struct option_entry entries[] = { { .letter = 'n', .text = &name }, { .letter = 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	const struct head_norm *norm = norm_find(name);
	struct instream *in = stream_open(&o, "heads");
	struct outstream *out = stream_create(&o, "heads");
	struct norm_said said = { false, false };
	struct record r;

	while (stream_next(in, &r))
		if (r.is_header)
			put_header(out, &r, norm);
		else
			put_heads(out, &r, norm, &said);
	stream_finish(out);
	return 0;
}
