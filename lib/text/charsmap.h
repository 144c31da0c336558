/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TEXT_CHARSMAP_H
#define LRP_TEXT_CHARSMAP_H

#include "text/piece.h"

/* SentencePiece's rules of normalisation, compiled: what characters and runs of them become. */
struct charsmap;

/* From base64; dies where it is none; `where` names it. */
struct charsmap *charsmap_open(const char *base64, const char *where);

/*
 * The text by the rules: those of a whole cluster of less than 6 bytes, else of each character. Of rules
 * for several beginnings of a cluster the shortest counts, and stands for all of it, as in the
 * tokenizers library.
 */
struct piece charsmap_apply(const struct charsmap *m, struct piece text, struct arena *a);

#endif
