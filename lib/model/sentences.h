/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MODEL_SENTENCES_H
#define LRP_MODEL_SENTENCES_H

#include <stdbool.h>

#include "base/options.h"
#include "model/generation.h"
#include "model/tokenizer.h"
#include "stream/tokens.h"

/* How a line is read. */
enum sentence_form { FORM_TEXT, FORM_PIECES, FORM_IDS };

/* One line of the input: a source sentence, and its target where the line forces one. */
struct sentence_line {
	long number; /* from 0 on */
	struct tokens source;
	struct tokens target; /* the token predicted at each step; count 0: to be generated */
};

/* Lines of text as sentences of tokens. */
struct sentences;

/* Read the operand of the command line, or standard input; its first line has that number, from 1
 * on. */
struct sentences *sentences_open(const struct options *o, enum sentence_form form,
	struct tokenizer *tokenizer, const struct model_config *config,
	const struct generation *generation, long first_line);

/*
 * The next line. False at the end of the file. Dies, naming the line, where it is no text, has more
 * tokens than the model has positions, or needs a way to generate that we do not have.
 */
bool sentences_next(struct sentences *s, struct sentence_line *line, struct arena *a);

#endif
