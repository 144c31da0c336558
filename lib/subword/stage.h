/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SUBWORD_STAGE_H
#define LRP_SUBWORD_STAGE_H

#include "ckpt/json.h"
#include "subword/piece.h"

/*
 * A stage of a tokenizer makes pieces of pieces: a normalizer changes the one that it gets, a
 * pre-tokenizer divides pieces, a decoder puts tokens together. Types and settings are those of
 * tokenizer.json, and each has a row in the table of its kind.
 */
struct stage_kind {
	const char *type;
	const char *keys[6]; /* its settings, but for "type"; others are refused */

	/* Its settings, for the life of the process; NULL: it has none. Dies on what is not
	 * supported. */
	void *(*open)(const struct json_file *settings);

	/* What `pieces` become. Those without bytes are left out behind a pre-tokenizer. */
	struct pieces (*apply)(const void *opened, const struct pieces *pieces, struct arena *a);
};

/* Stages one after another. */
struct stages {
	struct stage {
		const struct stage_kind *kind;
		void *opened;
	} * at;
	size_t count;
};

extern const struct stage_kind normalizers[], pretokenizers[], decoders[];

/*
 * The stages of a key, such as "pre_tokenizer": of a "Sequence" all in it, of null none. `list` is
 * the key of those in a sequence.
 */
struct stages stages_open(const struct json_file *tokenizer, const char *key, const char *list,
	const struct stage_kind *kinds);

struct pieces stages_apply(const struct stages *s, struct pieces pieces, struct arena *a);

/* The object of a key; none: `object` is NULL. Its path in messages names the key. */
struct json_file setting_object(const struct json_file *f, const char *key);

/* Dies, naming it, on a key that is none of these and not "type". */
void settings_check(const struct json_file *f, const char *const *keys);

/* A string of any length, for the life of the process; dies where the key has none. */
struct piece setting_piece(const struct json_file *f, const char *key);

/* A string of one character: its code point; `otherwise` where the key is absent. */
unsigned setting_character(const struct json_file *f, const char *key, unsigned otherwise);

/* One of a list of words that ends with NULL: its index; `otherwise` where the key is absent. */
int setting_word(
	const struct json_file *f, const char *key, const char *const *words, int otherwise);

#endif
