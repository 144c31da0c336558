/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "graph/graph_record.h"
#include "model/weights.h"
#include "stat/agree.h"
#include "sweep/means.h"

static const char help[] =
	"usage: head-mean [-l SITES] [-m DIR] [-z LEVEL] [-qv] [file ...]\n"
	"The mean context vector of each attention head over a text: what to put in a masked head's place.\n"
	"\n"
	"  m[h] = sum over sentences s and positions i of c[s,i,h] / number of positions\n"
	"\n"
	"All positions count, the end of the sentence too. The sites of a kind of attention see the same\n"
	"positions: source tokens, or one for each step.\n"
	"\n"
	"Reads  trace: 'values' (contexts are computed where they are not stored)   (from trace-extract)\n"
	"Writes means: one record a site: 'mean' [heads, width of a head], 'positions'\n"
	"\n"
	"  -l SITES     4 (enc-self.4), 0-3, dec-enc.4, enc-self (all its layers); several with commas;\n"
	"               all (default)\n"
	"  -m DIR       the model's directory, where it is not the one the trace names\n"
	"\n"
	"Example:  paste dev.en dev.de | trace-extract | head-mean >dev.means\n"
	"          trace-extract --mask 'enc-self.0:1' --mean dev.means dev.en | step-loss | stream-show\n";

int main(int argc, char **argv)
{
	const char *sites = "all", *directory = NULL;
	const struct option_entry entries[] = { { .letter = 'l', .text = &sites },
		{ .letter = 'm', .text = &directory }, { 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct checkpoint *checkpoint = NULL;
	struct agree agree = { .headers = 0 };
	struct means *m = means_new(sites);
	struct record r;

	struct instream *in = stream_open(&o, "trace");
	struct outstream *out = stream_create(&o, "means");
	while (stream_next(in, &r)) {
		if (!r.is_header) {
			means_add(m, &r);
			continue;
		}
		agree_check(&agree, &r);
		if (agree.headers == 1)
			stream_begin(out, stream_header_draft(out, &r, "graph", "weights", NULL));
		means_segment(m, graph_read(&r), weights_of_header(&r, directory, &checkpoint));
	}
	means_put(m, out);
	stream_finish(out);
	return 0;
}
