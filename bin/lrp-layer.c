/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/options.h"
#include "graph/graph_record.h"
#include "model/weights.h"
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

/* The options as typed. */
struct typed {
	const char *sites, *rule, *start, *size, *precision, *model;
	double max_leak;
};

static void set_start(struct layer_request *q, const char *text)
{
	char *end;

	if (strcmp(text, "top") == 0) {
		q->start = START_TOP;
	} else if (strcmp(text, "forced") == 0) {
		q->start = START_FORCED;
	} else {
		long id = strtol(text, &end, 10);

		if (end == text || *end || id < 0 || id > INT32_MAX)
			die_usage("-t takes top, forced or a token's id, not '%s'", text);
		q->start = START_ID;
		q->id = (int32_t)id;
	}
}

static const struct layer_engine *choose(const char *precision, const struct rule *rule)
{
	if (strcmp(precision, "f32") == 0)
		return &layer_engine_f32;
	if (strcmp(precision, "f64") == 0)
		return &layer_engine_f64;
	if (strcmp(precision, "auto"))
		die_usage("-p takes f32, f64 or auto, not '%s'", precision);
	return rule_is_positive(rule) ? &layer_engine_f32 : &layer_engine_f64;
}

static struct layer *begin(const struct layer_engine *engine, struct layer_request *q,
	const struct typed *typed, const struct record *header, struct outstream *out)
{
	struct arena *a = must_alloc(1, sizeof *a); /* of the segment, and of the process */
	struct draft *d = stream_header_draft(out, header, "graph", "weights", "rule", "start", NULL);

	q->graph = graph_read(header);
	q->weights = weights_of_header(header, typed->model);
	q->site = graph_sites(q->graph, typed->sites, a);
	rule_write(d, q->rule);
	draft_text(d, "start", typed->start);
	draft_text(d, "start_relevance", typed->size);
	stream_begin(out, d);
	return engine->open(q);
}

int main(int argc, char **argv)
{
	struct typed typed = { "all", "magnitude", "top", "one", "auto", NULL, -1 };
	const struct option_entry entries[] = { { .letter = 'l', .text = &typed.sites },
		{ .letter = 'r', .text = &typed.rule }, { .letter = 't', .text = &typed.start },
		{ .letter = 's', .text = &typed.size }, { .letter = 'p', .text = &typed.precision },
		{ .letter = 'm', .text = &typed.model },
		{ .name = "max-leak", .real = &typed.max_leak }, { 0 } };
	struct options o = options_parse(argc, argv, entries, 1, help);
	struct arena arena = { 0 };
	struct rule rule = rule_parse(typed.rule, &arena);
	struct layer_request q = { .rule = &rule,
		.max_leak = typed.max_leak,
		.threads = o.threads,
		.from_logit = strcmp(typed.size, "logit") == 0 };
	const struct layer_engine *engine = choose(typed.precision, &rule);
	struct layer *layer = NULL;
	struct record r;

	blas_threads(1); /* threads share out blocks of steps */
	set_start(&q, typed.start);
	if (!q.from_logit && strcmp(typed.size, "one"))
		die_usage("-s takes one or logit, not '%s'", typed.size);
	struct instream *in = stream_open(&o, "trace");
	struct outstream *out = stream_create(&o, "relevance");
	while (stream_next(in, &r)) {
		if (r.is_header)
			layer = begin(engine, &q, &typed, &r, out);
		else
			engine->record(layer, &r, out);
	}
	if (o.verbose)
		engine->report(layer);
	stream_finish(out);
	return 0;
}
