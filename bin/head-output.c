/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

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

/* In double precision, whatever the trace's is. */
int main(int argc, char **argv)
{
	return measure_main(argc, argv, help, engine_f64.output);
}
