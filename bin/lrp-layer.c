/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "base/die.h"
#include "base/progress.h"
#include "engine/engine.h"
#include "engine/lrp.h"
#include "request/typed.h"
#include "rule/ledger.h"
#include "tensor/threads.h"

static const char help[] =
	"usage: lrp-layer [-l SITES] [-r RULE] [-t START] [-s SIZE] [-p f32|f64|bf16|auto] [-m DIR]\n"
	"                 [--steps K [--seed N]] [--from NODE] [--to SITE --keep] [--max-leak X] [-j N]\n"
	"                 [-z LEVEL] [-qv] [file ...]\n"
	"Take relevance from the predicted token's logit back to one or more sites of the network.\n"
	"\n"
	"  r(u<-v) = sum over z in OUT(u) of w(u->z) r(z<-v)        r(v<-v) = 1\n"
	"\n"
	"with the share w of the rule, for contributions z_i to one output:\n"
	"  magnitude   |z_i| / sum |z|\n"
	"  alphabeta   alpha z_i^+ / sum z^+ + (1-alpha) z_i^- / sum z^-     alpha=2: beta = 1\n"
	"  ratio       z_i / stab(sum z)\n"
	"\n"
	"Reads  trace:     'top', 'values', and the weights of the checkpoint   (from trace-extract)\n"
	"Writes relevance: 'relevance' [steps, positions, neurons], 'ledger', 'predicted': what a step starts from; of drawn steps 'drawn', 'of'\n"
	"\n"
	"  -l SITES     4 (enc-self.4), 0-3, dec-enc.4, enc-self (all its layers), source, target, any\n"
	"               node's name; several with commas; all: every head site (default all)\n"
	"  -r RULE      NAME[:key=value,...] (default magnitude); -r list shows the names\n"
	"               keys: eps, alpha, gamma, rule, product, bias=exclude|absorb|spread,\n"
	"               attention=product|constant|half, softmax=pass|taylor,\n"
	"               norm=linear|identity|jacobian|centred\n"
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
	"  --from NODE[:POSITION[:NEURON]]  start there with 1, instead of at a logit: at each step's own\n"
	"               position, or at one; in all neurons, or in one\n"
	"  --to SITE --keep  stop there and pass trace and relevance on, for another lrp-layer to go on\n"
	"  --max-leak X fail where more than this share of a step's relevance is missing at a site; what ends\n"
	"               in a bias, all inputs of an output being zero, is not: a warning names the node\n"
	"  -j N         threads\n"
	"  -v           at the end a table on standard error: what became of the relevance at each site\n"
	"\n"
	"Example:  trace-extract <dev.en | lrp-layer -l 4 | head-sum | head-norm | step-average\n";

int main(int argc, char **argv)
{
	struct sweep_options typed = SWEEP_DEFAULTS;
	bool keep = false;
	const struct option_entry entries[] = { SWEEP_ENTRIES(typed),
		{ .name = "from", .text = &typed.from }, { .name = "to", .text = &typed.to },
		{ .name = "keep", .flag = &keep }, { .name = "max-leak", .real = &typed.max_leak },
		{ 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct request asked = sweep_request(&typed, &o);
	const struct lrp_engine *engine = NULL;
	struct lrp_run *layer = NULL;
	struct record r;

	if (keep != (typed.to != NULL))
		die_usage("--to and --keep go together");
	struct instream *in = stream_open(&o, "trace");
	struct outstream *out = stream_create(&o, keep ? "trace" : "relevance");
	while (stream_next(in, &r))
		if (r.is_header) {
			if (layer)
				engine->close(layer);
			struct request q = asked; /* each segment is one of its own */
			struct sweep_options here = typed;

			sweep_resume(&q, &here, &r);
			sweep_begin(&q, &here, &r, out);
			sweep_keep(&asked, &q);
			engine = sweep_in_double(&here, q.rule) ? engine_f64.lrp : engine_f32.lrp;
			layer = engine->open(&q);
		} else {
			engine->record(layer, &r, out);
			progress_add(asked.progress, 1);
		}
	progress_end(asked.progress);
	if (o.verbose && !keep)
		ledger_report(asked.ledger);
	stream_finish(out);
	return 0;
}
