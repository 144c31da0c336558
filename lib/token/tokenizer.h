/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TOKEN_TOKENIZER_H
#define LRP_TOKEN_TOKENIZER_H

#include <stdint.h>

#include "base/arena.h"
#include "graph/graph.h"
#include "record/tokens.h"
#include "text/piece.h"
#include "token/reasons.h"

/*
 * Text to tokens as Hugging Face's tokenizers do it. Either a tokenizer.json, or older files that say the
 * same, describe all of it (whole.h); or a splitter (splitter.h) makes pieces of the text, and
 * vocab.json (with separate vocabularies target_vocab.json for the target) numbers them, or the
 * splitter's own file.
 * Files are opened when they are first needed, so a directory without them serves for ids. Not for
 * several threads at once.
 */
struct tokenizer;

/* A line's tokens; its pieces are there for the life of the process, those of unknown text and the
 * lists in the arena. */
struct encoded {
	struct tokens tokens;
	size_t *lengths;     /* of the pieces, which may have bytes 0 in them */
	enum left_out unfit; /* the line cannot be used: then nothing else counts but */
	const char *why;     /* the reason in words */
};

/* What is behind a line that has no end of sentence of the model's: nothing, or what its class says. */
enum { NO_END = -1, END_BY_CLASS = -2 };

/* `sizes`: of the vocabulary that the model has for each side, 0: as the files say; `eos`: the model's
 * end of sentence, NO_END or END_BY_CLASS; `class`: Hugging Face's name of the tokenizer, where
 * tokenizer_config.json has none. */
struct tokenizer *tokenizer_open(
	const char *directory, const long sizes[2], long eos, const char *class);

/* Does a line begin here, or does it go on from another, as a continuation from its prompt? */
enum place { BEGINS, GOES_ON };

/*
 * One line, without its newline, as the model sees it. With an `eos` the end of sentence is part of
 * the list: the last token of a source as the model was trained with, the last predicted token of a
 * target; an empty line is the end of sentence alone. Where the tokenizer's files or class say so, a text
 * that begins has special tokens in front and behind (around.h).
 *
 * A special or added token that is written in the text (added_tokens.h) is that token; what stands
 * between is text of its own. A language code in front of such a text (">>fra<< text") is one
 * token. Text that is not UTF-8, and a language code or special token that the model has no id
 * for, make the line unfit.
 */
struct encoded tokenizer_encode(
	struct tokenizer *t, enum side side, enum place place, struct piece text, struct arena *a);

/* The same from pieces separated by spaces; no second end of sentence where one is given, and
 * nothing in front. Pieces that the vocabulary lacks are the unknown token, but for language codes. */
struct encoded tokenizer_pieces(
	struct tokenizer *t, enum side side, enum place place, struct piece text, struct arena *a);

/* The same from ids separated by spaces: those of a source are taken as they are, those of a
 * target end with the end of sentence, where there is an `eos`. An id outside of the vocabulary
 * makes the line unfit. */
struct encoded tokenizer_ids(
	struct tokenizer *t, enum side side, enum place place, struct piece text, struct arena *a);

/* The piece of an id below the vocabulary's size; the id as text where there is none. */
const char *tokenizer_piece(struct tokenizer *t, enum side side, int32_t id);

/*
 * The text of ids, in UTF-8, as Hugging Face decodes them without special tokens: the splitter
 * joins pieces (SentencePiece byte pieces to characters; bytes that are none are U+FFFD), added
 * tokens have spaces around them, white space at the ends is taken off. An id without a piece is
 * the unknown token's name, with a warning the first time. NULL where the directory has no such
 * files.
 */
const char *tokenizer_text(
	struct tokenizer *t, enum side side, const int32_t *ids, int count, struct arena *a);

/* The same with bytes 0 where it has any, which are U+FFFD above. Without text: NULL. */
struct piece tokenizer_decode(
	struct tokenizer *t, enum side side, const int32_t *ids, int count, struct arena *a);

/* The token that stands for what is to be filled in, as its files have it; -1: none. */
long tokenizer_mask(struct tokenizer *t, enum side side);

/* How many special tokens its files name for a side, and their ids, for the life of the process. */
int tokenizer_special(struct tokenizer *t, enum side side, int32_t **ids);

/*
 * Lines are ids, for which no other file is needed: where the tokenizer's files are not there, or are
 * not supported, which is said, tokens have their ids as pieces.
 */
void tokenizer_for_ids(struct tokenizer *t);

/* Do its files give a side's tokens pieces? */
bool tokenizer_has_pieces(struct tokenizer *t, enum side side);

/* Die where the pieces of a side are not there: it says how to do without. */
void tokenizer_require(struct tokenizer *t, enum side side);

#endif
