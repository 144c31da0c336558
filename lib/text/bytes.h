/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TEXT_BYTES_H
#define LRP_TEXT_BYTES_H

#include "text/piece.h"

/*
 * Bytes as characters that can be seen, as GPT-2's vocabulary has them: a byte that is one in Latin-1
 * stands for itself, and those that are not, in their order, are U+0100, U+0101, ...
 */

/* The bytes of a text, each as its character. */
void bytes_shown(struct writing *d, struct piece text);

/* The bytes that characters stand for; a text with a character that is none is as it was. */
void bytes_meant(struct writing *d, struct piece text);

/* The byte that "<0x0A>" names, as vocabularies with byte fallback have it; -1: none. */
int byte_named(struct piece token);

#endif
