/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/die.h"
#include "stream/stream.h"

static const char help[] =
	"usage: head-norm [-qv] [-n norm] [-z level] [file ...]\n"
	"Turn relevances of heads into shares of their layer, step by step.\n"
	"\n"
	"  sum    y[t,h] = x[t,h] / sum_g x[t,g]\n"
	"  abs    y[t,h] = |x[t,h]| / sum_g |x[t,g]|\n"
	"  max    y[t,h] = x[t,h] / max_g |x[t,g]|\n"
	"  size   y[t,h] = |x[t,h]|\n"
	"  none   y[t,h] = x[t,h]\n"
	"\n"
	"The shares of a step whose heads are all zero, as where they are masked, are 0, with a warning.\n"
	"Where |sum_g x[t,g]| < 0.01 sum_g |x[t,g]|, heads of either sign nearly cancel, and a share is up\n"
	"to a hundred times what there is to share, or more: -n sum warns at the first such step.\n"
	"\n"
	"Reads  heads: 'relevance' [steps, heads]   (from head-sum or head-carry)\n"
	"Writes heads: 'relevance' [steps, heads]; other keys are passed on; header: 'norm'\n"
	"  -n norm    sum (default), abs, max, size or none\n"
	"  -z level   compression of the stream written: -100 to 19 (default -1)\n"
	"  -q, -v     say less, say more\n"
	"  -h, -V     this help, the version\n"
	"Example:  trace-extract <dev.en | lrp-layer -l 4 | head-sum | head-norm | step-average\n";

/* Shares of a sum below this part of the sizes that went into it mean little. */
static const double cancels = 0.01;

/* What was said already. */
struct said {
	bool zero, cancel;
};

/* A norm: what the heads of a step are divided by; does the sign of a share count? */
struct norm {
	const char *name;
	double (*divisor)(const double *x, long heads);
	bool positive;
};

static double total(const double *x, long heads)
{
	double sum = 0;

	for (long h = 0; h < heads; h++)
		sum += x[h];
	return sum;
}

static double total_size(const double *x, long heads)
{
	double sum = 0;

	for (long h = 0; h < heads; h++)
		sum += fabs(x[h]);
	return sum;
}

static double largest_size(const double *x, long heads)
{
	double largest = 0;

	for (long h = 0; h < heads; h++)
		largest = fmax(largest, fabs(x[h]));
	return largest;
}

static double one(const double *x, long heads)
{
	(void)x;
	(void)heads;
	return 1;
}

static const struct norm norms[] = { { "sum", total, false }, { "abs", total_size, true },
	{ "max", largest_size, false }, { "size", one, true }, { "none", one, false } };

static const struct norm *find_norm(const char *name)
{
	for (size_t i = 0; i < sizeof norms / sizeof *norms; i++)
		if (!strcmp(norms[i].name, name))
			return &norms[i];
	die_usage("option '-n' takes sum, abs, max, size or none, not '%s'", name);
}

/* Say, once each, that a step's heads are all zero, or nearly cancel. */
static void check_step(struct said *said, const struct norm *norm, const double *x, long heads,
	long step, const char *site)
{
	double size = total_size(x, heads), sum = total(x, heads);

	if (size == 0 && !said->zero) {
		warn("the heads of '%s' are all zero at step %ld, as where they are masked: their "
		     "shares are 0",
			site, step);
		said->zero = true;
	}
	if (norm->divisor == total && fabs(sum) < cancels * size && !said->cancel) {
		warn("the heads of '%s' nearly cancel at step %ld: their sum is %.1g of their "
		     "sizes', and the shares mean little; use -n size",
			site, step, fabs(sum) / size);
		said->cancel = true;
	}
}

static void normalise(const struct norm *norm, double *y, const double *x, long heads, long step)
{
	double divisor = norm->divisor(x, heads);

	if (divisor == 0 && largest_size(x, heads) > 0)
		die("the heads' relevances at step %ld sum to zero; use -n size", step);
	for (long h = 0; divisor != 0 && h < heads; h++) {
		y[h] = (norm->positive ? fabs(x[h]) : x[h]) / divisor;
		if (!isfinite(y[h]))
			die("the share of head %ld at step %ld is too large for a double", h, step);
	}
}

/* Say in the header what was done; done once, another norm would mean nothing. */
static void put_header(struct outstream *out, const struct record *r, const struct norm *norm)
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

static void put_heads(
	struct outstream *out, const struct record *r, const struct norm *norm, struct said *said)
{
	struct tensor t = record_tensor(r, "relevance");

	tensor_expect(&t, "relevance", 2, -1L, -1L);
	if (!t.count)
		die("relevance of the shape %s is empty", tensor_shape_text(&t, r->arena));

	long steps = t.shape[0], heads = t.shape[1], first = record_int(r, "first_step");
	const double *x = tensor_doubles(&t, r->arena, "relevance");
	double *y = arena_zero(r->arena, (size_t)steps, (size_t)heads * sizeof *y);
	struct draft *d = stream_draft(out, "heads");

	if (first < 0 || first > LONG_MAX - steps)
		die("a record cannot start at step %ld", first);
	for (long s = 0; s < steps; s++) {
		if (norm->divisor != one)
			check_step(said, norm, x + s * heads, heads, first + s,
				record_text(r, "site"));
		normalise(norm, y + s * heads, x + s * heads, heads, first + s);
	}
	draft_pass(d, r, "relevance", NULL);
	draft_doubles(d, "relevance", y, 2, steps, heads);
	stream_put(out, d);
}

int main(int argc, char **argv)
{
	const char *name = "sum";
	struct option_entry entries[] = { { .letter = 'n', .text = &name }, { .letter = 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	const struct norm *norm = find_norm(name);
	struct instream *in = stream_open(&o, "heads");
	struct outstream *out = stream_create(&o, "heads");
	struct said said = { false, false };
	struct record r;

	while (stream_next(in, &r))
		if (r.is_header)
			put_header(out, &r, norm);
		else
			put_heads(out, &r, norm, &said);
	stream_finish(out);
	return 0;
}
