/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "graph/graph_record.h"
#include "model/weights.h"
#include "sweep/output.h"

static const char help[] =
	"usage: head-output [-l SITES] [-m DIR] [-z LEVEL] [-qv] [file ...]\n"
	"How much each attention head adds to the network: the mean length of its output.\n"
	"\n"
	"  y[h] = mean over positions i of |c[i,h] W_O[h]|\n"
	"\n"
	"c is the head's context, W_O[h] the head's rows of the output projection, without the bias.\n"
	"All positions count, the end of sentence too.\n"
	"One record a sentence, of one step: the measure is of sentences, not of predicted tokens.\n"
	"\n"
	"Reads  trace: 'values' (contexts are computed where they are not stored)   (from trace-extract)\n"
	"Writes heads: 'relevance' [1, heads], the mean length\n"
	"\n"
	"  -l SITES     4 (enc-self.4), 0-3, dec-enc.4, enc-self (all its layers); several with commas;\n"
	"               all (default)\n"
	"  -m DIR       the model's directory, where it is not the one the trace names\n"
	"\n"
	"Example:  trace-extract <dev.en | head-output -l 4 | head-norm -n none | step-average\n";

int main(int argc, char **argv)
{
	const char *sites = "all", *directory = NULL;
	const struct option_entry entries[] = { { .letter = 'l', .text = &sites },
		{ .letter = 'm', .text = &directory }, { 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct checkpoint *checkpoint = NULL;
	struct output *y = NULL;
	struct record r;

	struct instream *in = stream_open(&o, "trace");
	struct outstream *out = stream_create(&o, "heads");
	while (stream_next(in, &r))
		if (r.is_header) {
			struct draft *d =
				stream_header_draft(out, &r, "graph", "weights", "measure", NULL);

			draft_text(d, "measure", "output");
			stream_begin(out, d);
			if (y)
				output_close(y);
			y = output_open(graph_read(&r),
				weights_of_header(&r, directory, &checkpoint), sites);
		} else {
			output_record(y, &r, out);
		}
	stream_finish(out);
	return 0;
}
