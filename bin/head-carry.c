/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "carrying.h"

static const char help[] =
	"usage: head-carry [-l SITES] [-r RULE] [-t START] [-s SIZE] [-p f32|f64|bf16|auto]\n"
	"                  [-m DIR] [--steps K [--seed N]] [--sum-steps] [--cost] [--meet NODE]\n"
	"                  [--max-leak X]\n"
	"                  [-j N] [-z LEVEL] [-qv] [file ...]\n"
	"Relevance of whole attention heads: what lrp-layer | head-sum gives, for less work.\n"
	"\n"
	"  H_h(z) = sum over u in IN(z) of w(u->z) H_h(u)     1 on the neurons of head h, 0 beside them\n"
	"  R(h,v) = sum over u of r(u<-v) H_h(u)              u: the neurons where both directions meet\n"
	"\n"
	"Heads are carried forward for all steps at once, so their work grows with the length of a\n"
	"sentence; backward it grows with its square. The node where the directions meet is the one that\n"
	"takes the fewest multiplications.\n"
	"\n"
	"Reads  trace: 'top', 'values', and the weights of the checkpoint   (from trace-extract)\n"
	"Writes heads: 'relevance' [steps, heads]; of drawn steps 'drawn', 'of'; of sums 'summed'\n"
	"\n"
	"  -l SITES     4 (enc-self.4), 0-3, dec-enc.4, enc-self (all its layers); several with commas;\n"
	"               all (default)\n"
	"  -r RULE      NAME[:key=value,...] as in lrp-layer (default magnitude); -r list shows the names\n"
	"  -t START     top: the logit that is highest (default); top2; forced: the token that was forced;\n"
	"               a token's id; or two of them, top-top2: the second with the opposite sign;\n"
	"               sample:SEED: one drawn from softmax(z), by the sentence's tokens, the step and the seed\n"
	"  -s SIZE      start with: one (default), logit, or loss: every logit z with z dL/dz,\n"
	"               L = -log p of the forced, or drawn, token\n"
	"  -p PRECISION f32, f64, or auto: double for rules with signed terms, else single (default); bf16: single,\n"
	"               but with products of numbers rounded to 8 bits, for rules whose shares have one sign,\n"
	"               on processors that have such products (avx512_bf16)\n"
	"  -m DIR       the model's directory, where it is not the one the trace names\n"
	"  --steps K    K steps of each sentence, drawn without replacement (all, where it has no more); which\n"
	"               ones its own tokens and the seed say, and nothing else\n"
	"  --seed N     of that draw (default 1)\n"
	"  --sum-steps  of a loss: one sweep for the sum over 64 steps, not one for each; head-norm takes it\n"
	"               with -n none, or -n square where the tokens are drawn: (sum y)^2 has the mean of sum y^2\n"
	"  --cost       write into each record, as 'cost', the multiplications of its sentence, forward pass\n"
	"               included, for 1, 2, ... steps, for step-plan\n"
	"  --meet NODE  meet there instead: a node's name, 'start' (carry all), 'backward' (carry none)\n"
	"  --max-leak X fail where more than this share of a step's relevance is missing where it comes\n"
	"               back to: at the node where the directions meet and at sites above it\n"
	"  -j N         threads\n"
	"  -v           at the end: where the directions met, and the multiplications it took\n"
	"\n"
	"Warns, once, where sum_h |R(h,v)| of a site is more than 1e6 times |sum_h R(h,v)| or the start.\n"
	"Example:  trace-extract <dev.en | head-carry -l 4 | head-norm | step-average\n";

int main(int argc, char **argv)
{
	struct sweep_options typed = SWEEP_DEFAULTS;
	const char *meet = NULL;
	bool cost = false, sums = false;
	const struct option_entry entries[] = { SWEEP_ENTRIES(typed),
		{ .name = "sum-steps", .flag = &sums }, { .name = "cost", .flag = &cost },
		{ .name = "meet", .text = &meet }, { .name = "max-leak", .real = &typed.max_leak },
		{ 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct request asked = sweep_request(&typed, &o);

	asked.costs = cost;
	asked.sums = sums;
	sweep_check_sums(&asked);
	return carrying_main(&o, &typed, &asked, meet, o.verbose);
}
