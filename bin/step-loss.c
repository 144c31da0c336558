/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "graph/graph_record.h"
#include "model/weights.h"
#include "sweep/loss.h"

static const char help[] =
	"usage: step-loss [-m DIR] [-j N] [-z LEVEL] [-qv] [file ...]\n"
	"How well a model predicts each token of its targets.\n"
	"\n"
	"  loss[t] = -log softmax(z[t])[target[t]]      z: all logits of the step\n"
	"  top1[t] = 1 where the target is the most likely token, else 0\n"
	"\n"
	"Reads  trace: 'values', 'top'                            (from trace-extract)\n"
	"Writes losses: 'loss' [steps], 'top1' [steps]\n"
	"\n"
	"  -m DIR       the model's directory, where it is not the one the trace names\n"
	"\n"
	"Example:  paste dev.en dev.de | trace-extract --mask enc-self.0:1 | step-loss | stream-show --tsv\n";

int main(int argc, char **argv)
{
	const char *directory = NULL;
	const struct option_entry entries[] = { { .letter = 'm', .text = &directory }, { 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct checkpoint *checkpoint = NULL;
	struct step_loss *l = NULL;
	struct record r;

	struct instream *in = stream_open(&o, "trace");
	struct outstream *out = stream_create(&o, "losses");
	while (stream_next(in, &r))
		if (r.is_header) {
			stream_begin(out, stream_header_draft(out, &r, "graph", "weights", NULL));
			if (l)
				step_loss_close(l);
			l = step_loss_open(graph_read(&r),
				weights_of_header(&r, directory, &checkpoint), o.threads);
		} else {
			step_loss_record(l, &r, out);
		}
	stream_finish(out);
	return 0;
}
