/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/options.h"
#include "base/progress.h"
#include "graph/graph_record.h"
#include "model/header.h"
#include "model/home.h"
#include "model/marian.h"
#include "model/tokenizer.h"
#include "model/weights.h"
#include "sweep/extract.h"
#include "tensor/threads.h"

static const char help[] =
"usage: trace-extract [-m DIR] [--pieces | --ids] [-g N] [-k NODES] [-p f32|f64] [--embed]\n"
"                     [-j N] [-z LEVEL] [-q] [file]\n"
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
"  -j N         threads of the matrix products\n"
"\n"
"Example:  trace-extract <dev.en | lrp-layer -l 4 | head-sum | head-norm | step-average\n";

/*
 * Lines are worked on in groups of this many, so that matrix products are large. GNU parallel's -N
 * should be a multiple of it: then the groups are the same, and so are the results, bit for bit.
 */
enum { GROUP = 32 };

struct typed {
	const char *model, *keep, *precision;
	bool pieces, ids, embed;
	long maximum;
};

struct reader {
	const struct typed *typed;
	struct tokenizer *tokenizer;
	const struct model_config *config;
	struct generation *generation;
	FILE *file;
	char *line;
	size_t room;
	long lines;
	struct arena arena; /* of a group */
};

static struct tokens tokens_of(struct reader *r, enum tokenizer_side side, const char *text)
{
	struct token_list t = r->typed->ids      ? tokenizer_ids(r->tokenizer, side, text, &r->arena)
			      : r->typed->pieces ? tokenizer_pieces(r->tokenizer, side, text, &r->arena)
						 : tokenizer_encode(r->tokenizer, side, text, &r->arena);

	if (t.count > r->config->max_position_embeddings)
		die("%d tokens; the model has positions for %ld; split the sentence", t.count,
			r->config->max_position_embeddings);
	if (!t.count)
		die("no tokens");
	return (struct tokens){ t.ids, t.pieces, t.count };
}

/* One line. False at the end of the file. */
static bool read_sentence(struct reader *r, struct extract_sentence *s)
{
	ssize_t n = getline(&r->line, &r->room, r->file);

	if (n < 0) {
		if (ferror(r->file))
			die_errno("cannot read");
		return false;
	}
	place_record("line", r->lines + 1);
	if (n && r->line[n - 1] == '\n')
		r->line[--n] = '\0';
	if (n && r->line[n - 1] == '\r')
		r->line[--n] = '\0';
	if (strlen(r->line) != (size_t)n)
		die("a NUL byte; is this text?");
	char *target = strchr(r->line, '\t');
	if (target)
		*target++ = '\0';
	*s = (struct extract_sentence){ .number = r->lines++,
		.source = tokens_of(r, TOKENIZER_SOURCE, r->line) };
	if (target)
		s->target = tokens_of(r, TOKENIZER_TARGET, target);
	else
		generation_check(r->generation);
	return true;
}

static bool *nodes_to_keep(const struct graph *g, const char *list, struct arena *a)
{
	bool *keep = arena_zero(a, (size_t)g->nodes, sizeof *keep);

	if (strcmp(list, "all") && strcmp(list, "needed"))
		return graph_sites(g, list, a);
	for (int i = 0; i < g->nodes; i++)
		keep[i] = strcmp(list, "all") == 0 ||
			  ((strcmp(g->node[i].op, "linear") == 0 ||
				   strcmp(g->node[i].op, "embed") == 0) &&
				  i < g->nodes - 1);
	return keep;
}

static const char *target_piece(void *tokenizer, int32_t id)
{
	return tokenizer_piece(tokenizer, TOKENIZER_TARGET, id);
}

static const struct extract_engine *choose(const char *precision)
{
	if (strcmp(precision, "f32") == 0)
		return &extract_engine_f32;
	if (strcmp(precision, "f64") == 0)
		return &extract_engine_f64;
	die_usage("-p takes f32 or f64, not '%s'", precision);
}

static FILE *open_text(const struct options *o)
{
	const char *name = o->file_count ? o->files[0] : "-";
	FILE *file = strcmp(name, "-") ? fopen(name, "r") : stdin;

	place_source(file == stdin ? "<stdin>" : name);
	if (!file)
		die_errno("cannot open");
	return file;
}

/* Everything the sentences need, and the stream's header. */
static struct extractor *begin(struct reader *r, const struct extract_engine *engine,
	const struct options *o, struct outstream **out)
{
	struct arena *a = must_alloc(1, sizeof *a);
	const char *home = r->typed->model ? r->typed->model : model_home(a);
	struct checkpoint *c = checkpoint_open(home);
	struct extract_request q = { .piece = target_piece };
	struct graph *g;

	r->config = model_config_read(home);
	r->generation = generation_read(r->config);
	if (r->typed->maximum > 0)
		r->generation->max_length = r->typed->maximum + 1;
	if (r->generation->max_length > r->config->max_position_embeddings + 1)
		r->generation->max_length = r->config->max_position_embeddings + 1;
	r->tokenizer = q.context = tokenizer_open(home, r->config);
	q.graph = g = marian_graph(r->config, c, a);
	q.weights = weights_of_checkpoint(c);
	q.generation = r->generation;
	q.keep = nodes_to_keep(g, r->typed->keep, a);
	r->file = open_text(o);
	*out = stream_create(o, "trace");
	struct draft *d = stream_header_draft(*out, NULL, NULL);
	model_write(d, r->config, c);
	graph_write(d, g);
	if (r->typed->embed)
		weights_write(d, g, c);
	stream_begin(*out, d);
	return engine->open(&q);
}

int main(int argc, char **argv)
{
	struct typed typed = { .keep = "needed", .precision = "f32", .maximum = -1 };
	const struct option_entry entries[] = { { .letter = 'm', .text = &typed.model },
		{ .letter = 'k', .text = &typed.keep }, { .letter = 'p', .text = &typed.precision },
		{ .letter = 'g', .count = &typed.maximum },
		{ .name = "pieces", .flag = &typed.pieces }, { .name = "ids", .flag = &typed.ids },
		{ .name = "embed", .flag = &typed.embed }, { 0 } };
	struct options o = options_parse(argc, argv, entries, 1, help);
	struct reader r = { .typed = &typed };
	const struct extract_engine *engine = choose(typed.precision);
	struct extract_sentence group[GROUP];
	struct outstream *out;

	if (typed.pieces && typed.ids)
		die_usage("--pieces and --ids exclude each other");
	if (typed.maximum == 0)
		die_usage("-g takes 1 or more: the end of sentence counts");
	blas_threads(o.threads);
	struct extractor *e = begin(&r, engine, &o, &out);
	struct progress *progress = progress_new(&o, "sentences");
	for (int n = GROUP; n == GROUP;) {
		for (n = 0; n < GROUP && read_sentence(&r, &group[n]); n++)
			;
		place_record("line", 0);
		engine->sentences(e, group, n, out);
		progress_add(progress, n);
		arena_reset(&r.arena);
	}
	progress_end(progress);
	stream_finish(out);
	return 0;
}
