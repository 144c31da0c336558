/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SUBWORD_MODEL_H
#define LRP_SUBWORD_MODEL_H

#include "pack/json.h"
#include "text/lexicon.h"
#include "text/piece.h"

/* Tokens in a list that grows in an arena; pieces as the vocabulary has them, with a byte 0 behind. */
struct subwords {
	int32_t *ids;
	struct piece *pieces;
	size_t count, room;
};

void subwords_add(struct subwords *list, int32_t id, struct piece piece, struct arena *a);

/* A model splits a word into pieces of a vocabulary: a row of the table in models.c, and one file. */
struct model_kind {
	const char *type;
	const char *const *keys; /* its settings; others are refused */

	/* Its settings, and its vocabulary, which it fills in. Dies on what is not supported. */
	void *(*open)(const struct json_file *settings, struct lexicon **lexicon);

	/* Add the tokens of a word of one byte or more. */
	void (*split)(void *opened, struct piece word, struct subwords *to, struct arena *a);
};

struct subword_model {
	const struct model_kind *kind;
	void *opened;
	struct lexicon *lexicon;
};

/* The "model" of a tokenizer.json. */
struct subword_model subword_model_open(const struct json_file *tokenizer);

/* {"piece": id, ...} of a key, for the open functions. */
struct lexicon *vocabulary_of(const struct json_file *settings, const char *key);

/* The ids of the 256 bytes' tokens, "<0x00>" and on; -1: none. */
void byte_ids(const struct lexicon *l, int32_t ids[256]);

/* Add the tokens of a text's bytes; false, and nothing added, where one has none. */
bool add_bytes(const struct lexicon *l, const int32_t ids[256], struct piece text,
	struct subwords *to, struct arena *a);

extern const struct model_kind model_bpe, model_unigram, model_word_piece, model_word_level;

#endif
