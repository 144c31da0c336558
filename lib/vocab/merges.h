/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOCAB_MERGES_H
#define LRP_VOCAB_MERGES_H

#include "vocab/classes.h"

/*
 * The object of a tokenizer.json from the older files of a directory, by what the class does: vocab.json
 * and merges.txt (byte pairs of bytes), vocab.txt (WordPiece, a piece a line).
 */
json_t *tokenizer_of_merges(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class);
json_t *tokenizer_of_words(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class);

#endif
