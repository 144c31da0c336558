/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BIN_EXTRACTION_H
#define LRP_BIN_EXTRACTION_H

#include "opened.h"

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
