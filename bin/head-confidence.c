/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

static const char help[] =
	"usage: head-confidence [-l SITES] [-m DIR] [-z LEVEL] [-qv] [file ...]\n"
	"How sure each attention head is: the mean of its largest attention weight.\n"
	"\n"
	"  y[h] = mean over queries i of max over keys j of A[h,i,j]\n"
	"\n"
	"Where a source is translated, its end of sentence counts neither as query nor as key. Where steps\n"
	"stand in the text itself (an encoder alone, a decoder alone), every position counts.\n"
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

/* In single precision, as traces are. */
int main(int argc, char **argv)
{
	return measure_main(argc, argv, help, engine_f32.confidence);
}
