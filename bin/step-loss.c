/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

static const char help[] =
	"usage: step-loss [--against TRACE] [-m DIR] [-j N] [-z LEVEL] [-qv] [file ...]\n"
	"How well a model predicts each token of its targets, and how far its predictions are from another's.\n"
	"\n"
	"  loss[t] = -log softmax(z[t])[target[t]]      z: all logits of the step\n"
	"  top1[t] = 1 where the target is the most likely token, else 0\n"
	"  kl[t]   = sum over all tokens v of p[v] (log p[v] - log q[v]), q = softmax(z[t]),\n"
	"            p the same of TRACE: what is lost of its prediction, in nats    (with --against)\n"
	"\n"
	"Reads  trace: 'values', 'top'                            (from trace-extract)\n"
	"Writes losses: 'loss' [steps], 'top1' [steps], 'kl' [steps]\n"
	"\n"
	"  --against TRACE  measure against this trace, of the same lines and targets: that of the model\n"
	"                   without masks, or before it was pruned\n"
	"  -m DIR       the model's directory, where it is not the one the traces name\n"
	"\n"
	"Example:  paste dev.en dev.de | trace-extract --mask enc-self.0:1 | step-loss | stream-show --tsv\n"
	"          paste dev.en dev.de | trace-extract >whole.lrp\n"
	"          paste dev.en dev.de | trace-extract --mask enc-self.0:1 | step-loss --against whole.lrp >kl\n";

/* In double precision, whatever the trace's is. */
int main(int argc, char **argv)
{
	return measure_main(argc, argv, help, engine_f64.loss);
}
