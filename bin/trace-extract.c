/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "base/die.h"
#include "base/options.h"
#include "base/progress.h"
#include "checking.h"
#include "extraction.h"
#include "stream/stream.h"

static const char help[] =
	"usage: trace-extract [-m DIR] [--pieces | --ids] [-g N] [--all-steps | --mask-each]\n"
	"                     [-k NODES] [-p f32|f64] [--embed] [--mask HEADS [--mean FILE]\n"
	"                     [--unit head|group]] [--skip] [--skip-cut] [--first-line N] [-j N]\n"
	"                     [-z LEVEL] [-qv] [file ...]\n"
	"       trace-extract --check REFERENCE [--tolerance X] [option ...] [file ...]\n"
	"       trace-extract --group\n"
	"Run a model on lines of text and write down what its neurons do.\n"
	"\n"
	"  y = f(x) at every node of the network; the predicted token is the one with the highest logit\n"
	"\n"
	"Reads  lines: a source sentence, or source TAB target to force the target; else it is generated.\n"
	"       A decoder alone continues the source, an encoder alone fills in its masks.\n"
	"       Blank lines are no sentences. A line that cannot be used is an error\n"
	"Writes trace: 'source', 'target', 'inputs' tokens, 'top' logits, 'values' of the nodes; 'cut'\n"
	"       where what was generated has no end; a record 'skipped' for each line that is left out\n"
	"\n"
	"  -m DIR       a Hugging Face model directory, or a GGUF file (default $LRPIPE_MODEL, else the\n"
	"               built-in model)\n"
	"  --pieces     lines are tokens separated by spaces; to translations the end of sentence is added\n"
	"  --ids        lines are token ids; sources are taken as they are\n"
	"  -g N         generate at most N tokens, end of sentence included (default: the model's setting)\n"
	"  --all-steps  of a text that is continued all tokens are steps, but for the first; with -g 0\n"
	"               nothing is generated: the text itself is what is predicted\n"
	"  --mask-each  each token of a text in turn is masked and filled in, special ones not; the steps\n"
	"               of a line, in a trace record each, are held to its own tokens\n"
	"  -k NODES     values to store: needed (default: what costs a matrix product to make again), all,\n"
	"               none, or names of nodes and sites, with commas\n"
	"  -p PRECISION of the forward pass and the values: f32 (default) or f64\n"
	"  --embed      put the weights into the stream, for machines without the checkpoint\n"
	"  --mask HEADS switched off: 4:1,3-5 (of enc-self.4), dec-enc.2:0, enc-self.0-3:all; several with\n"
	"               , or ;  or a .json file of lists\n"
	"  --mean FILE  with --mask: the heads' mean contexts (from head-mean) in their place, not zeros\n"
	"  --unit UNIT  with --mask: its numbers are those of a head (default) or of a group of heads that\n"
	"               share their keys and values\n"
	"  --skip       leave out lines that cannot be used: too long, not UTF-8, with a NUL byte, with\n"
	"               several tabs, with nothing before or behind the tab, with an unknown token; texts\n"
	"               to continue that leave no room; no mask to fill in, or not one for each token\n"
	"  --skip-cut   leave out sentences whose translation or continuation is cut at its limit\n"
	"  --first-line N  the number of the first line, for parts of a text (default 1)\n"
	"  --check REFERENCE  no trace, but a report: does the forward pass agree with what another\n"
	"               program computed of the same lines? An .npz file: of line i (from 0) i.logits,\n"
	"               i.hidden_states.L, i.MODULE, ..., and i.input_ids. Exits 1 where it does not; -v\n"
	"               names every array\n"
	"  --tolerance X  differences that agree, relative to an array's largest number (default 1e-3)\n"
	"  --group      print how many lines are worked on together, and exit: parts of a text that end\n"
	"               at multiples of it give the same bits as the whole\n"
	"  -j N         threads of the matrix products\n"
	"\n"
	"Example:  trace-extract <dev.en | lrp-layer -l 4 | head-sum | head-norm | step-average\n";

/*
 * Lines are worked on in groups, so that matrix products are large: those with the numbers 32 k to
 * 32 k + 31. Parts of a text that are cut there have the same groups, and so the same results, bit
 * for bit.
 */
enum { GROUP = 32 };

/* The lines of the next group; false after the last. */
static bool next_group(
	struct sentences *in, struct sentence_line *group, int *count, struct arena *a)
{
	*count = 0;
	while (sentences_next(in, &group[*count], a))
		if ((group[(*count)++].number + 1) % GROUP == 0)
			return true;
	return false;
}

static void put_group(void)
{
	if (printf("%d\n", GROUP) < 0 || fflush(stdout))
		die_errno("cannot write to standard output");
}

int main(int argc, char **argv)
{
	struct extraction_request typed = { .keep = "needed",
		.precision = "f32",
		.maximum = -1,
		.first_line = 1,
		.tolerance = NAN };
	bool print_group = false;
	const struct option_entry entries[] = { { .letter = 'm', .text = &typed.model },
		{ .letter = 'k', .text = &typed.keep }, { .letter = 'p', .text = &typed.precision },
		{ .letter = 'g', .count = &typed.maximum },
		{ .name = "pieces", .flag = &typed.pieces }, { .name = "ids", .flag = &typed.ids },
		{ .name = "all-steps", .flag = &typed.all_steps },
		{ .name = "mask-each", .flag = &typed.mask_each },
		{ .name = "embed", .flag = &typed.embed }, { .name = "mask", .text = &typed.mask },
		{ .name = "unit", .text = &typed.unit }, { .name = "mean", .text = &typed.mean },
		{ .name = "skip", .flag = &typed.skip },
		{ .name = "skip-cut", .flag = &typed.skip_cut },
		{ .name = "first-line", .count = &typed.first_line },
		{ .name = "check", .text = &typed.reference },
		{ .name = "tolerance", .real = &typed.tolerance },
		{ .name = "group", .flag = &print_group }, { 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct sentence_line group[GROUP];
	struct arena arena = { 0 }; /* of a group */
	int count;

	opened_options(&typed);
	checking_options(&typed);
	if (print_group) {
		put_group();
		return 0;
	}
	if (typed.reference)
		return !checking_run(&typed, &o);
	struct extraction x = extraction_begin(&typed, &o);
	for (bool more = true; more;) {
		more = next_group(x.in, group, &count, &arena);
		place_record("line", 0);
		x.engine->sentences(x.extractor, group, count, x.out);
		for (int i = 0; i < count; i++)
			tally_line(x.tally, &group[i]);
		arena_reset(&arena);
	}
	progress_end(x.progress);
	tally_end(x.tally);
	stream_finish(x.out);
	return 0;
}
