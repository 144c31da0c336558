/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TEXT_TRIE_H
#define LRP_TEXT_TRIE_H

#include <stdint.h>

#include "text/piece.h"

/* Texts by their beginnings, each with a number of 0 or more. */
struct trie;

/* Of `count` texts; of two that are the same the later one's number counts, and empty ones have no
 * place. A copy of the texts is not kept. */
struct trie *trie_new(const struct piece *texts, const int32_t *numbers, size_t count);

/*
 * A walk down from the root: the node behind one more byte, -1: none begins like this; and the number
 * of the text that ends at a node, -1: none does.
 */
enum { TRIE_ROOT = 0 };
int32_t trie_step(const struct trie *t, int32_t node, unsigned char byte);
int32_t trie_number(const struct trie *t, int32_t node);

/* The longest of the texts behind a node that this begins with: its number, and the bytes taken here; -1:
 * none, and length 0. From -1 on there is none. */
int32_t trie_longest(
	const struct trie *t, int32_t node, const char *text, size_t left, size_t *length);

#endif
