/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BIN_EXTRACTION_H
#define LRP_BIN_EXTRACTION_H

#include "base/options.h"
#include "token/lines.h"
#include "token/tally.h"
#include "forward/extract.h"

/* What trace-extract is asked for, as typed; NULL: not given. */
struct extraction_request {
	const char *model, *keep, *precision, *mask, *mean, *unit;
	bool pieces, ids, embed, skip, skip_cut, all_steps, mask_each;
	long maximum;	 /* tokens to generate; -1: the model's setting; 0: none, with all_steps */
	long first_line; /* from 1 */
};

/* A text on its way to a trace. */
struct extraction {
	const struct extract_engine *engine;
	struct extractor *extractor;
	struct sentences *in;
	struct tally *tally;
	struct outstream *out;
	struct progress *progress;
};

/* Open the model and the text, and write the stream's header. */
struct extraction extraction_begin(const struct extraction_request *typed, const struct options *o);

#endif
