/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "base/die.h"
#include "interacting.h"

static const char help[] =
	"usage: head-interact [-l SITES] [--top K] [--against TRACE] [-p f32|f64] [-m DIR]\n"
	"                     [--steps K [--seed N]] [-j N] [-z LEVEL] [-qv] [file ...]\n"
	"How heads move predictions together: heads that stand in for each other, or hold each other up.\n"
	"\n"
	"  g[h,k]   = mean over steps of sum_v p_v x[h,v] x[k,v]\n"
	"  first[h] = mean over steps of -sum_v (p_v - q_v) x[h,v]      with --against\n"
	"  kl       = mean over steps of KL(q || p)\n"
	"\n"
	"p and x are those of head-effect: the predictions, and how a head moves their logits, to first\n"
	"order. Without the heads of a set S the divergence from q is, to second order,\n"
	"\n"
	"  kl + sum_(h in S) first[h] + 1/2 sum_(h,k in S) g[h,k]\n"
	"\n"
	"q are the predictions of another trace, that of the whole model where this one is of a model some\n"
	"of whose heads are masked; else q = p, and both kl and first are 0. g[h,h] / 2 is the effect of a head to second order.\n"
	"Sums over steps are exact: the interactions of parts of a text merge to the bits of the whole's.\n"
	"\n"
	"Reads  trace: 'values', and the weights of the checkpoint   (from trace-extract)\n"
	"       heads: 'relevance' [steps, heads], loss gradients y whose labels were drawn; then g[h,k] is\n"
	"              the mean of y[t,h] y[t,k]   (from head-carry -r gradient -s loss -t sample:SEED)\n"
	"       interactions: 'sums', to merge   (from head-interact)\n"
	"Writes interactions: one record: 'names' of the heads, 'interaction' [heads, heads], 'first' [heads],\n"
	"       'kl', 'steps', 'sentences', 'sums'\n"
	"\n"
	"  -l SITES     4 (enc-self.4), 0-3, dec-enc.4, enc-self (all its layers); several with commas;\n"
	"               all (default)\n"
	"  --top K      from the K likeliest tokens of each step, by p + q, made to sum to 1 (default 256); 0: all\n"
	"  --against TRACE  a trace of the same lines with the same targets\n"
	"  -p PRECISION f32 (default) or f64\n"
	"  -m DIR       the model's directory, where it is not the one the trace names\n"
	"  --steps K    K steps of each sentence, drawn without replacement, as head-effect draws them\n"
	"  --seed N     of that draw (default 1)\n"
	"  -j N         threads\n"
	"\n"
	"Example:  trace-extract <dev.en | head-interact | head-greedy | head-rank -k 36 -f prune\n";

int main(int argc, char **argv)
{
	struct sweep_options typed = SWEEP_DEFAULTS;
	const char *against = NULL;
	long top = 256;
	const struct option_entry entries[] = { { .letter = 'l', .text = &typed.sites },
		{ .letter = 'p', .text = &typed.precision },
		{ .letter = 'm', .text = &typed.model }, { .name = "against", .text = &against },
		{ .name = "steps", .count = &typed.steps },
		{ .name = "seed", .count = &typed.seed }, { .name = "top", .count = &top }, { 0 } };

	typed.rule = "gradient";
	typed.precision = "f32";
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct interacting x = {
		.typed = &typed, .asked = sweep_request(&typed, &o), .agree = { .except = "start" }
	};
	struct record r;

	if (against && typed.steps >= 0)
		die_usage(
			"--steps and --against exclude each other: the other trace has all steps");
	x.asked.top = top;
	x.sampled.to = &x.all;
	x.engine = sweep_in_double(&typed, x.asked.rule) ? engine_f64.heads : engine_f32.heads;
	if (against)
		x.against = x.engine->against_open(against, typed.model, o.threads);
	struct instream *in = stream_open(&o, "trace heads interactions");
	struct outstream *out = stream_create(&o, "interactions");

	stream_takes_left_out(in);
	while (stream_next(in, &r))
		interacting_take(&x, &r, out);
	interacting_end(&x, out);
	stream_finish(out);
	return 0;
}
