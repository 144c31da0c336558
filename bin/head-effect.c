/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "base/progress.h"
#include "engine/engine.h"
#include "engine/heads.h"
#include "request/typed.h"
#include "tensor/threads.h"

static const char help[] =
	"usage: head-effect [-l SITES] [--top K] [-p f32|f64] [-m DIR] [--steps K [--seed N]]\n"
	"                   [-j N] [-z LEVEL] [-qv] [file ...]\n"
	"How far each prediction moves when a head is taken out of it, to first order.\n"
	"\n"
	"  dz[h,v] = sum over neurons u of head h of u dz_v/du     the part of a head in the logits z\n"
	"  p = softmax(z),  x = dz - sum_v p_v dz_v\n"
	"  y[t,h] = log(1 + sum_v p_v (exp(-x_v) - 1 + x_v)) = KL(softmax(z) || softmax(z - dz))\n"
	"\n"
	"In nats; 0 where the head changes nothing. It needs no reference: what counts is the whole\n"
	"distribution that the model predicts, not one token of it. The derivatives are those of\n"
	"head-carry -r gradient, carried forward to the node before the logits. It says which heads\n"
	"can go; that heads stand in for each other it does not know.\n"
	"\n"
	"Reads  trace: 'values', and the weights of the checkpoint   (from trace-extract)\n"
	"Writes heads: 'relevance' [steps, heads], y; of drawn steps 'drawn', 'of'\n"
	"\n"
	"  -l SITES     4 (enc-self.4), 0-3, dec-enc.4, enc-self (all its layers); several with commas;\n"
	"               all (default)\n"
	"  --top K      from the K likeliest tokens of each step, their p made to sum to 1 (default 256); 0: all\n"
	"  -p PRECISION f32 (default) or f64\n"
	"  -m DIR       the model's directory, where it is not the one the trace names\n"
	"  --steps K    K steps of each sentence, drawn without replacement (all, where it has no more); which\n"
	"               ones its own tokens and the seed say, and nothing else\n"
	"  --seed N     of that draw (default 1)\n"
	"  -j N         threads\n"
	"\n"
	"Example:  trace-extract <dev.en | head-effect | step-average | head-rank\n";

int main(int argc, char **argv)
{
	struct sweep_options typed = SWEEP_DEFAULTS;
	long top = 256;
	const struct option_entry entries[] = { { .letter = 'l', .text = &typed.sites },
		{ .letter = 'p', .text = &typed.precision },
		{ .letter = 'm', .text = &typed.model }, { .name = "steps", .count = &typed.steps },
		{ .name = "seed", .count = &typed.seed }, { .name = "top", .count = &top }, { 0 } };

	typed.rule = "gradient";
	typed.precision = "f32";
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct request asked = sweep_request(&typed, &o);
	const struct heads_engine *engine =
		sweep_in_double(&typed, asked.rule) ? engine_f64.heads : engine_f32.heads;
	struct heads_run *heads = NULL;
	struct record r;

	asked.effect = true;
	asked.top = top;
	struct instream *in = stream_open(&o, "trace");
	struct outstream *out = stream_create(&o, "heads");
	while (stream_next(in, &r))
		if (r.is_header) {
			if (heads)
				engine->close(heads);
			struct request q = asked; /* each segment is one of its own */

			sweep_begin(&q, &typed, &r, out);
			sweep_keep(&asked, &q);
			heads = engine->open(&q, "start");
		} else {
			engine->record(heads, &r, out);
			progress_add(asked.progress, 1);
		}
	progress_end(asked.progress);
	stream_finish(out);
	return 0;
}
