/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SUBWORD_STAGE_H
#define LRP_SUBWORD_STAGE_H

#include "text/setting.h"
#include "text/piece.h"

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
	struct opened_stage {
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

#endif
