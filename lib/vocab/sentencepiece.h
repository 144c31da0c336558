/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOCAB_SENTENCEPIECE_H
#define LRP_VOCAB_SENTENCEPIECE_H

#include "text/piece.h"

/*
 * The C face of the SentencePiece library: splits text into pieces, and joins them. The only file
 * that knows C++ is sentencepiece.cc.
 */
#ifdef __cplusplus
extern "C" {
#endif

struct sentencepiece_model;

/* NULL where the file is no SentencePiece model. */
struct sentencepiece_model *sentencepiece_open(const char *path);

/* How many pieces it has, and the one of an id below that; NULL where the library fails. */
int sentencepiece_size(const struct sentencepiece_model *s);
const char *sentencepiece_piece(const struct sentencepiece_model *s, int id);

/* The pieces of `text`, valid until the next call; -1 where the library fails. */
int sentencepiece_split(struct sentencepiece_model *s, const char *text, size_t length,
	const struct piece **pieces);

/* The text of pieces, UTF-8 without a byte 0, valid until the next call; NULL where the library
 * fails. */
const char *sentencepiece_join(struct sentencepiece_model *s, const char *const *pieces, int count);

#ifdef __cplusplus
}
#endif
#endif
