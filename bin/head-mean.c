/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

static const char help[] =
	"usage: head-mean [-l SITES] [-m DIR] [-z LEVEL] [-qv] [file ...]\n"
	"The mean context vector of each attention head over a text: what to put in a masked head's place.\n"
	"\n"
	"  m[h] = sum over sentences s and positions i of c[s,i,h] / number of positions\n"
	"\n"
	"All positions count, an end of sentence too: those of the source for heads of its side, else those\n"
	"of the decoder's inputs. A translation has a step at each of these, a decoder alone not.\n"
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

/* In single precision, as traces are; sums are double. */
int main(int argc, char **argv)
{
	return measure_main(argc, argv, help, engine_f32.context_mean);
}
