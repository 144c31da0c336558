/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BIN_OPENED_H
#define LRP_BIN_OPENED_H

#include "base/options.h"
#include "engine/engine.h"
#include "model/generation.h"
#include "model/open.h"
#include "token/lines.h"
#include "token/tally.h"

/* What trace-extract is asked for, as typed; NULL: not given. */
struct extraction_request {
	const char *model, *keep, *precision, *mask, *mean, *unit, *reference;
	bool pieces, ids, embed, skip, skip_cut, all_steps, mask_each;
	long maximum;	  /* tokens to generate; -1: the model's setting; 0: none, with all_steps */
	long first_line;  /* from 1 */
	double tolerance; /* of a check; NaN: not given */
};

/* A model and a text, opened for it. */
struct opened {
	const struct engine *engine;
	struct model model;
	enum task task;
	const char *mean; /* what stands in the place of masked heads; NULL: zeros */
	struct generation *generation;
	struct tokenizer *tokenizer;
	struct sentences *in;
	struct tally *tally;
	struct arena *arena; /* of the process's life */
};

/* Die of options that exclude each other. */
void opened_options(const struct extraction_request *typed);

/* `as_it_is`: a line needs nothing that is predicted, and nothing is generated. */
struct opened opened_begin(
	const struct extraction_request *typed, const struct options *o, bool as_it_is);

#endif
