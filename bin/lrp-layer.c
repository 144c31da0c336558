/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep/command.h"
#include "sweep/relevance.h"
#include "tensor/threads.h"

static const char help[] =
"usage: lrp-layer [-l SITES] [-r RULE] [-t START] [-s one|logit] [-p f32|f64|auto]\n"
"                 [-m DIR] [--max-leak X] [-j N] [-z LEVEL] [-qv] [file]\n"
"Take relevance from the predicted token's logit back to one or more sites of the network.\n"
"\n"
"  r(u<-v) = sum over z in OUT(u) of w(u->z) r(z<-v)        r(v<-v) = 1\n"
"\n"
"with the share w of the rule, for contributions z_i to one output:\n"
"  magnitude   |z_i| / sum |z|\n"
"  alphabeta   alpha z_i^+ / sum z^+ + (1-alpha) z_i^- / sum z^-\n"
"  ratio       z_i / stab(sum z)\n"
"\n"
"Reads  trace:     'top', 'values', and the weights of the checkpoint   (from trace-extract)\n"
"Writes relevance: 'relevance' [steps, positions, neurons], 'ledger'\n"
"\n"
"  -l SITES     4 (enc-self.4), dec-self.4, dec-enc.4, source, target, any node's name; several\n"
"               with commas; all: every head site (default all)\n"
"  -r RULE      magnitude, alphabeta or ratio, then :key=value,... (default magnitude)\n"
"               keys: eps, alpha, bias=exclude|absorb\n"
"  -t START     top: the logit that is highest (default); forced: the token that was forced; or a\n"
"               token's id\n"
"  -s one|logit start with 1 (default), or with the logit\n"
"  -p PRECISION f32, f64, or auto: double for rules with signed terms, else single (default)\n"
"  -m DIR       the model's directory, where it is not the one the trace names\n"
"  --max-leak X fail where more than this share of a step's relevance is missing at a site\n"
"  -j N         threads\n"
"  -v           at the end a table on standard error: what became of the relevance at each site\n"
"\n"
"Example:  trace-extract <dev.en | lrp-layer -l 4 | head-sum | head-norm | step-average\n";

int main(int argc, char **argv)
{
	struct sweep_options typed = SWEEP_DEFAULTS;
	const struct option_entry entries[] = { SWEEP_ENTRIES(typed),
		{ .name = "from", .text = &typed.from },
		{ .name = "max-leak", .real = &typed.max_leak }, { 0 } };
	struct options o = options_parse(argc, argv, entries, 1, help);
	struct layer_request q = sweep_request(&typed, &o);
	const struct layer_engine *engine =
		sweep_in_double(&typed, q.rule) ? &layer_engine_f64 : &layer_engine_f32;
	struct layer *layer = NULL;
	struct record r;

	blas_threads(1); /* threads share out blocks of steps */
	struct instream *in = stream_open(&o, "trace");
	struct outstream *out = stream_create(&o, "relevance");
	while (stream_next(in, &r))
		if (r.is_header) {
			sweep_begin(&q, &typed, &r, out);
			layer = engine->open(&q);
		} else {
			engine->record(layer, &r, out);
		}
	if (o.verbose)
		engine->report(layer);
	stream_finish(out);
	return 0;
}
