/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <math.h>

#include "base/die.h"
#include "graph/choice.h"
#include "graph/graph_record.h"
#include "stream/left_out.h"
#include "stream/stream.h"

static const char help[] =
	"usage: head-entropy [-l SITES] [-z LEVEL] [-qv] [file ...]\n"
	"How widely each attention head looks: the mean entropy of its attention weights, in nats.\n"
	"\n"
	"  y[h] = mean over queries i of - sum_j A[h,i,j] ln A[h,i,j]     0 ln 0 = 0\n"
	"\n"
	"Reads  trace: 'values' with the attention weights   (from trace-extract -k all)\n"
	"Writes heads: 'relevance' [1, heads], the entropy; one step a sentence\n"
	"\n"
	"  -l SITES   4 (enc-self.4), 0-3, dec-enc.4, enc-self (all its layers); several with commas;\n"
	"             all (default)\n"
	"\n"
	"Example:  trace-extract -k all <dev.en | head-entropy -l 4 | head-norm -n none | step-average\n";

/* The pure part, which knows nothing of streams: one head's weights p [queries, keys]. */
static double mean_entropy(const double *p, long queries, long keys)
{
	double sum = 0;

	for (long k = 0; k < queries * keys; k++) {
		if (p[k] < 0)
			die("an attention weight is %g; expected 0 to 1", p[k]);
		if (p[k] > 0)
			sum -= p[k] * log(p[k]);
	}
	return sum / (double)queries;
}

/* The weights that a head site's contexts are made with: the value of its first input. */
static struct tensor weights_of(
	const struct record *trace, const struct graph *g, const struct node *site)
{
	const char *name = g->node[site->input[0]].name;
	const msgpack_object *values = record_map(trace, "values");

	if (!map_find(values, name))
		die("no values of '%s'; make the trace with trace-extract -k all", name);

	struct tensor t = map_tensor(values, "values", name);

	tensor_expect(&t, name, 3, node_heads(site), -1, -1);
	if (!t.count)
		die("values of '%s': the shape %s is empty", name,
			tensor_shape_text(&t, trace->arena));
	return t;
}

/* One record for a head site of a sentence. */
static void put_entropy(struct outstream *out, const struct record *trace, const struct graph *g,
	const struct node *site)
{
	struct tensor t = weights_of(trace, g, site);
	const double *p = tensor_doubles(&t, trace->arena, "attention weights");
	long heads = t.shape[0], queries = t.shape[1], keys = t.shape[2];
	double *y = arena_array(trace->arena, (size_t)heads, sizeof *y);

	for (long h = 0; h < heads; h++)
		y[h] = mean_entropy(p + h * queries * keys, queries, keys);

	struct draft *d = stream_draft(out, "heads");

	draft_int(d, "sentence", record_int(trace, "sentence"));
	cut_pass(d, trace);
	draft_text(d, "site", site->name);
	draft_int(d, "first_step", 0);
	draft_doubles(d, "relevance", y, 2, 1, heads);
	stream_put(out, d);
}

/* The header of the segment, without what only traces have. */
static void begin(struct outstream *out, const struct record *header)
{
	struct draft *d = stream_header_draft(out, header, "graph", "weights", NULL);

	draft_text(d, "measure", "entropy");
	stream_begin(out, d);
}

int main(int argc, char **argv)
{
	const char *sites = "all";
	const struct option_entry entries[] = { { .letter = 'l', .text = &sites }, { 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct instream *in = stream_open(&o, "trace");
	struct outstream *out = stream_create(&o, "heads");
	struct graph *g = NULL;
	const bool *chosen = NULL;
	struct record r;

	while (stream_next(in, &r)) {
		if (r.is_header) { /* it lives as long as its segment, and so do these */
			begin(out, &r);
			g = graph_read(&r);
			chosen = graph_head_sites(g, sites, r.arena);
			continue;
		}
		for (int i = 0; i < g->nodes; i++)
			if (chosen[i])
				put_entropy(out, &r, g, &g->node[i]);
	}
	stream_finish(out);
	return 0;
}
