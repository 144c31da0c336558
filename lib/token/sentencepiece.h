/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TOKEN_SENTENCEPIECE_H
#define LRP_TOKEN_SENTENCEPIECE_H

#include <stddef.h>

/*
 * The C face of the SentencePiece library: splits text into pieces, and joins them. The only file
 * that knows C++ is sentencepiece.cc.
 */
#ifdef __cplusplus
extern "C" {
#endif

struct splitter;

/* A piece: `length` bytes, and a NUL behind them. */
struct splitter_piece {
	const char *text;
	size_t length;
};

/* NULL where the file is no SentencePiece model. */
struct splitter *splitter_open(const char *path);

/* The pieces of `text`, valid until the next call; -1 where the library fails. */
int splitter_encode(
	struct splitter *s, const char *text, size_t length, const struct splitter_piece **pieces);

/* The text of pieces, UTF-8 without a byte 0, valid until the next call; -1 where the library
 * fails. */
int splitter_decode(struct splitter *s, const char *const *pieces, int count, const char **text,
	size_t *length);

#ifdef __cplusplus
}
#endif
#endif
