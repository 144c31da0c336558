/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MODEL_GENERATION_H
#define LRP_MODEL_GENERATION_H

#include "graph/task.h"
#include "shape/shape.h"
#include "token/tokenizer.h"

/* A list of token ids. */
struct token_ids {
	const int *ids;
	int count;
};

bool ids_hold(const struct token_ids *list, long id);

/*
 * How the model generates: generation_config.json, or, where there is none, the same keys of
 * config.json. We decode greedily: num_beams, and what only beam search or sampling use, have no
 * effect. With t the number of tokens the decoder has been given, start token included:
 *
 *   a step may not predict a bad word of one id, nor the last id of a longer one whose other ids
 *   are the t last tokens;
 *   the step with t = 1 predicts forced_bos_token_id, where that is not -1;
 *   the step with t = max_length - 1 predicts forced_eos_token_id, where that is not -1;
 *   generation ends with an id of `eos`, or when t = max_length.
 */
struct generation {
	struct json_file file; /* where the settings came from */
	enum task task;
	long max_length;
	long max_new; /* tokens to generate at most; 0: as max_length says */
	long decoder_start_token_id, pad_token_id;
	long mask_token_id; /* what an encoder alone fills in; -1: none */
	long placeless;	    /* the token that has no position and is not counted; -1: all have */
	long forced_bos_token_id, forced_eos_token_id; /* -1: none */
	long encoder_ngrams; /* encoder_no_repeat_ngram_size where no file has it */
	struct token_ids eos;
	struct token_ids special; /* that are no text: those of `eos`, the padding, masks, ... */
	const struct token_ids *bad_words; /* an end of sentence alone is never among them */
	int bad_word_count;
};

/* Read them for a task; `maximum` > 0 is another number of tokens to generate at most. Either way it
 * is no more than the model has positions for. What is filled in and which tokens are special the
 * tokenizer (NULL: none) says where the settings do not. */
struct generation *generation_read(
	const struct shape *shape, enum task task, long maximum, struct tokenizer *t);

/* The tokens that a sentence may have in all, where so many stand in front. */
long generation_most(const struct generation *g, long given);

/* Die, naming it, on a setting that changes what greedy search gives and that we do not follow.
 * To be called only where tokens are generated: forced targets do not depend on these. */
void generation_check(const struct generation *g);

#endif
