/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOCAB_ADDED_TOKENS_H
#define LRP_VOCAB_ADDED_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include "vocab/classes.h"

/* A token that is found in a text as it is written, before what is left is split. */
struct added_token {
	const char *text;
	size_t length;
	long id;		      /* -1: that of the vocabulary */
	bool special;		      /* no part of a decoded text */
	bool trims_left, trims_right; /* takes the white space beside it */
	bool whole_word;	      /* only where blanks are around it */
	bool normalized;	      /* found in the text as a tokenizer normalizes it */
	bool said;		      /* a file says whether it is normalized */
};

struct added_tokens {
	struct added_token *at;
	int count, room;
	struct lexicon *places; /* of their texts, in the list */
	struct trie *trie;	/* the same, by their beginnings */
};

/*
 * The tokens that a Hugging Face tokenizer keeps whole: its special tokens, by their names in
 * tokenizer_config.json (`settings`), else those of its class, and those that were added.
 * `added_tokens_decoder` of the settings has all of them; a directory without this key has
 * special_tokens_map.json, whose names go before those of the settings, and added_tokens.json.
 */
struct added_tokens added_tokens_read(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class);

/* The names of special tokens: of the files, else those of the class. */
struct special_names special_names_read(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class);

/* The first one in the text, of several at one place the longest, and where it is; NULL: none. */
const struct added_token *added_tokens_find(
	const struct added_tokens *added, const char *text, const char **at);

/* The one that is written like this, NULL: none. */
const struct added_token *added_tokens_named(
	const struct added_tokens *added, const char *text, size_t length);

#endif
