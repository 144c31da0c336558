/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

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

/* In double precision, whatever the trace's is. */
int main(int argc, char **argv)
{
	return measure_main(argc, argv, help, engine_f64.loss);
}
