/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MODEL_TOKENIZER_H
#define LRP_MODEL_TOKENIZER_H

#include <stdint.h>

#include "base/arena.h"
#include "model/config.h"

/*
 * Text to tokens as Hugging Face's MarianTokenizer does it: source.spm or target.spm splits the
 * text into pieces, vocab.json (with separate vocabularies target_vocab.json for the target)
 * numbers them. Files are opened when they are first needed, so a directory without them serves
 * for ids. Not for several threads at once.
 */
struct tokenizer;

enum tokenizer_side { TOKENIZER_SOURCE, TOKENIZER_TARGET };

struct token_list {
	int32_t *ids;
	const char **pieces; /* for the life of the process; those of unknown text, of the arena */
	int count;
};

struct tokenizer *tokenizer_open(const char *directory, const struct model_config *config);

/*
 * One line, without its newline, as the model sees it. The end of sentence is part of the list:
 * the last token of a source as the model was trained with, the last predicted token of a target.
 * An empty line is the end of sentence alone.
 *
 * A language code in front (">>fra<< text") is one token. Words that happen to spell a special
 * token ("</s>") are text like any other. Text that is not UTF-8 is an error.
 */
struct token_list tokenizer_encode(
	struct tokenizer *t, enum tokenizer_side side, const char *text, struct arena *a);

/* The same from pieces separated by spaces; no second end of sentence where one is given. */
struct token_list tokenizer_pieces(
	struct tokenizer *t, enum tokenizer_side side, const char *text, struct arena *a);

/* The same from ids separated by spaces: those of a source are taken as they are, those of a
 * target end with the end of sentence. An id outside of the vocabulary is an error. */
struct token_list tokenizer_ids(
	struct tokenizer *t, enum tokenizer_side side, const char *text, struct arena *a);

/* The piece of an id below the vocabulary's size; the id as text where there is none. */
const char *tokenizer_piece(struct tokenizer *t, enum tokenizer_side side, int32_t id);

#endif
