/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/die.h"
#include "base/options.h"
#include "base/progress.h"
#include "graph/graph_record.h"
#include "model/header.h"
#include "model/home.h"
#include "model/marian.h"
#include "model/mask.h"
#include "model/means.h"
#include "model/sentences.h"
#include "model/weights.h"
#include "sweep/extract.h"
#include "tensor/threads.h"

static const char help[] =
	"usage: trace-extract [-m DIR] [--pieces | --ids] [-g N] [-k NODES] [-p f32|f64] [--embed]\n"
	"                     [--mask HEADS [--mean FILE]] [--first-line N] [-j N] [-z LEVEL] [-q] [file]\n"
	"Run a translation model on lines of text and write down what its neurons do.\n"
	"\n"
	"  y = f(x) at every node of the network; the predicted token is the one with the highest logit\n"
	"\n"
	"Reads  lines: a source sentence, or source TAB target to force the target; else it is generated\n"
	"Writes trace: 'source', 'target', 'inputs' tokens, 'top' logits, 'values' of the nodes\n"
	"\n"
	"  -m DIR       a Hugging Face model directory (default $LRPIPE_MODEL, else the built-in model)\n"
	"  --pieces     lines are tokens separated by spaces; the end of sentence is added\n"
	"  --ids        lines are token ids; sources are taken as they are\n"
	"  -g N         generate at most N tokens, end of sentence included (default: the model's setting)\n"
	"  -k NODES     values to store: needed (default: what costs a matrix product to make again), all,\n"
	"               or names of nodes, with commas\n"
	"  -p PRECISION of the forward pass and the values: f32 (default) or f64\n"
	"  --embed      put the weights into the stream, for machines without the checkpoint\n"
	"  --mask HEADS switched off: enc-self.0:1,3;dec-enc.2:0, or a .json file of lists\n"
	"  --mean FILE  with --mask: the heads' mean contexts (from head-mean) in their place, not zeros\n"
	"  --first-line N  the number of the first line, for a part of a text (default 1)\n"
	"  -j N         threads of the matrix products\n"
	"\n"
	"Example:  trace-extract <dev.en | lrp-layer -l 4 | head-sum | head-norm | step-average\n";

/*
 * Lines are worked on in groups of this many, so that matrix products are large. GNU parallel's -N
 * should be a multiple of it: then the groups are the same, and so are the results, bit for bit.
 */
enum { GROUP = 32 };

struct typed {
	const char *model, *keep, *precision, *mask, *mean;
	bool pieces, ids, embed;
	long maximum, first;
};

static const struct extract_engine *choose(const char *precision)
{
	if (strcmp(precision, "f32") == 0)
		return &extract_engine_f32;
	if (strcmp(precision, "f64") == 0)
		return &extract_engine_f64;
	die_usage("-p takes f32 or f64, not '%s'", precision);
}

/* The nodes to store; NULL: those that are needed. */
static const bool *nodes_to_keep(const struct graph *g, const char *list, struct arena *a)
{
	if (strcmp(list, "needed") == 0)
		return NULL;
	if (strcmp(list, "all"))
		return graph_sites(g, list, a);
	return memset(arena_alloc(a, (size_t)g->nodes), true, (size_t)g->nodes);
}

static const char *target_piece(void *tokenizer, int32_t id)
{
	return tokenizer_piece(tokenizer, TOKENIZER_TARGET, id);
}

/* Open the model and the text, and write the stream's header. */
static struct extractor *begin(const struct typed *typed, const struct options *o,
	struct sentences **in, struct outstream **out)
{
	struct arena *a = must_alloc(1, sizeof *a);
	const struct extract_engine *engine = choose(typed->precision);
	const char *home = typed->model ? typed->model : model_home(a);
	struct checkpoint *c = checkpoint_open(home);
	struct model_config *config = model_config_read(home);
	struct tokenizer *tokenizer = tokenizer_open(home, config);
	struct graph *g = marian_graph(config, c, a);
	mask_graph(g, mask_parse(typed->mask, a), a);
	const char *mean = means_read(g, typed->mean, checkpoint_hash(c), a);
	struct extract_request q = { .graph = g,
		.weights = weights_of_checkpoint(c),
		.generation = generation_read(config, typed->maximum),
		.keep = nodes_to_keep(g, typed->keep, a),
		.piece = target_piece,
		.context = tokenizer };

	*in = sentences_open(o,
		typed->ids	? FORM_IDS
		: typed->pieces ? FORM_PIECES
				: FORM_TEXT,
		tokenizer, config, q.generation, typed->first);
	*out = stream_create(o, "trace");
	struct draft *d = stream_header_draft(*out, NULL, NULL);
	model_write(d, config, mask_text(g, a), mean, c);
	graph_write(d, g);
	if (typed->embed)
		weights_write(d, g, c);
	stream_begin(*out, d);
	return engine->open(&q);
}

int main(int argc, char **argv)
{
	struct typed typed = { .keep = "needed", .precision = "f32", .maximum = -1, .first = 1 };
	const struct option_entry entries[] = { { .letter = 'm', .text = &typed.model },
		{ .letter = 'k', .text = &typed.keep }, { .letter = 'p', .text = &typed.precision },
		{ .letter = 'g', .count = &typed.maximum },
		{ .name = "pieces", .flag = &typed.pieces }, { .name = "ids", .flag = &typed.ids },
		{ .name = "embed", .flag = &typed.embed }, { .name = "mask", .text = &typed.mask },
		{ .name = "mean", .text = &typed.mean },
		{ .name = "first-line", .count = &typed.first }, { 0 } };
	struct options o = options_parse(argc, argv, entries, 1, help);
	struct sentence_line group[GROUP];
	struct sentences *in;
	struct outstream *out;
	struct arena arena = { 0 }; /* of a group */

	if (typed.pieces && typed.ids)
		die_usage("--pieces and --ids exclude each other");
	if (typed.mean && !typed.mask)
		die_usage("--mean is for the heads of --mask, and there are none");
	if (typed.maximum == 0)
		die_usage("-g takes 1 or more: the end of sentence counts");
	blas_threads(o.threads);
	struct extractor *e = begin(&typed, &o, &in, &out);
	struct progress *progress = progress_new(&o, "sentences");
	for (int n = GROUP; n == GROUP;) {
		for (n = 0; n < GROUP && sentences_next(in, &group[n], &arena); n++)
			;
		place_record("line", 0);
		choose(typed.precision)->sentences(e, group, n, out);
		progress_add(progress, n);
		arena_reset(&arena);
	}
	progress_end(progress);
	stream_finish(out);
	return 0;
}
