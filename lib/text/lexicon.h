/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TEXT_LEXICON_H
#define LRP_TEXT_LEXICON_H

#include <stdint.h>

#include "text/piece.h"

/* Pieces and their ids, in both directions. Texts are not copied. Ids are below LEXICON_END, which is far
 * beyond any vocabulary: who adds one has checked it. */
enum { LEXICON_END = 1 << 22 };
struct lexicon;

struct lexicon *lexicon_new(size_t expected);

/* The last one of an id is its piece, the last one of a piece its id. */
void lexicon_add(struct lexicon *l, struct piece piece, int32_t id);

/* -1: none. */
int32_t lexicon_id(const struct lexicon *l, struct piece piece);

/* NULL: none. */
const struct piece *lexicon_piece(const struct lexicon *l, int32_t id);

/* One more than the largest id. */
int32_t lexicon_end(const struct lexicon *l);

#endif
