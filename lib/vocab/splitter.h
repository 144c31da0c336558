/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOCAB_SPLITTER_H
#define LRP_VOCAB_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "pack/json.h"
#include "graph/graph.h"
#include "text/piece.h"

/*
 * How text is split into pieces, and pieces are joined: a row of the table in splitter.c, and one
 * file of code. What is the same for all stands outside: ids, special and added tokens, the end of
 * sentence, language codes. So the text to split has none of them in it.
 */
struct splitter {
	const char *name; /* in messages */

	/* Are its files of a side in this directory of a model? */
	bool (*serves)(const char *directory, enum side side);

	/* Open them, for the life of the process. Dies where they are not there, are at fault, or
	 * where `settings`, the tokenizer_config.json, ask for what we do not do. */
	void *(*open)(const char *directory, enum side side, const struct json_file *settings);

	/* Its file of a side, and the ids that its pieces have there, {piece: id}; NULL: vocab.json
	 * has the ids. */
	const char *(*ids)(void *opened, const char *directory, json_t *ids, struct arena *a);

	/* How many pieces a text has, and they, until the next call; -1 where it fails. */
	int (*split)(void *opened, const char *text, size_t length, const struct piece **pieces);

	/* The text of pieces, UTF-8 without a byte 0; NULL where it fails. */
	const char *(*join)(void *opened, const char *const *pieces, int count, struct arena *a);
};

/* The one that serves a side; the first of all where none does: opening it says what is missing. */
const struct splitter *splitter_of(const char *directory, enum side side);

extern const struct splitter splitter_sentencepiece, splitter_sentencepiece_numbered;

#endif
