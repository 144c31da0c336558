/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TOKEN_LINES_H
#define LRP_TOKEN_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "graph/task.h"
#include "token/reasons.h"
#include "record/tokens.h"
#include "token/tokenizer.h"

/* How a line is read. */
enum sentence_form { FORM_TEXT, FORM_PIECES, FORM_IDS };

/* One line of the input: a source sentence, and its target where the line forces one. */
struct sentence_line {
	long number;	  /* from 0 on, over all files */
	const char *file; /* where it stands, and the number there, from 1 on */
	long line;
	uint64_t
		text_hash; /* XXH3 (64 bits) of its text, before the tab where it has one; of ids without text, of these */
	struct tokens source;
	struct tokens target; /* the token predicted at each step; count 0: to be generated */
	bool cut;	      /* it was generated up to its limit, and has no end */
	enum left_out left_out;
};

/* Lines of the files that are to be read; 0: unknown, as of a pipe. */
long text_lines(const struct options *files);

/* Lines of text as sentences of tokens. */
struct sentences;

/* How the text is read. */
struct sentence_request {
	const struct options *files; /* the operands of the command line, or standard input */
	enum sentence_form form;
	long first_line; /* the number of the first line, from 1 */
	bool skip;	 /* leave out lines that cannot be used */
	struct tokenizer *tokenizer;
	enum task task; /* what becomes of the text on both sides of a tab */
	long positions; /* that the model has, of either side */
	long longest;	/* tokens of a continued text, its continuation included */
	long mask;	/* the token that is to be filled in, where that is the task */
	bool mask_each; /* what is filled in is each token of the text in turn, but for `special` ones */
	bool generates; /* a text without a target gets one */
	bool as_it_is;	/* a text needs nothing that is predicted: no target, no mask */
	bool (*is_special)(const void *generation, int32_t id);
	long placeless; /* the token that has no position and is not counted; -1: all have */
	/* Called at the first line without a target; dies where the model has none to generate. */
	void (*check_generation)(const void *generation);
	const void *generation;
};
struct sentences *sentences_open(const struct sentence_request *request);

/*
 * The next line. False at the end of the last file. A blank line, and with `skip` each that cannot
 * be used, comes with the reason in `left_out` and without tokens. Else dies, naming file and line,
 * where a line is no text, has a side only, more than one tab, a token without an id or more tokens
 * than the model has positions; and in any case where it needs a way to generate that we do not
 * have. A byte order mark in front of a file is no part of its first line.
 */
bool sentences_next(struct sentences *s, struct sentence_line *line, struct arena *a);

#endif
