/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "graph/graph_record.h"
#include "model/weights.h"
#include "sweep/confidence.h"

static const char help[] =
	"usage: head-confidence [-l SITES] [-m DIR] [-z LEVEL] [-qv] [file ...]\n"
	"How sure each attention head is: the mean of its largest attention weight.\n"
	"\n"
	"  y[h] = mean over queries i of max over keys j of A[h,i,j]     end of sentence left out\n"
	"\n"
	"The end of a sentence counts neither as query nor as key.\n"
	"One record a sentence, of one step: the measure is of sentences, not of predicted tokens.\n"
	"\n"
	"Reads  trace: 'values' (weights are computed where they are not stored)   (from trace-extract)\n"
	"Writes heads: 'relevance' [1, heads], the confidence\n"
	"\n"
	"  -l SITES     4 (enc-self.4), 0-3, dec-enc.4, enc-self (all its layers); several with commas;\n"
	"               all (default)\n"
	"  -m DIR       the model's directory, where it is not the one the trace names\n"
	"\n"
	"Source: Voita et al. 2019, section 4.\n"
	"Example:  trace-extract <dev.en | head-confidence -l 4 | head-norm -n none | step-average\n";

int main(int argc, char **argv)
{
	const char *sites = "all", *directory = NULL;
	const struct option_entry entries[] = { { .letter = 'l', .text = &sites },
		{ .letter = 'm', .text = &directory }, { 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct checkpoint *checkpoint = NULL;
	struct confidence *c = NULL;
	struct record r;

	struct instream *in = stream_open(&o, "trace");
	struct outstream *out = stream_create(&o, "heads");
	while (stream_next(in, &r))
		if (r.is_header) {
			struct draft *d =
				stream_header_draft(out, &r, "graph", "weights", "measure", NULL);

			draft_text(d, "measure", "confidence");
			stream_begin(out, d);
			if (c)
				confidence_close(c);
			c = confidence_open(graph_read(&r),
				weights_of_header(&r, directory, &checkpoint), sites);
		} else {
			confidence_record(c, &r, out);
		}
	stream_finish(out);
	return 0;
}
