/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RECORD_TOKENS_H
#define LRP_RECORD_TOKENS_H

#include "record/draft.h"
#include "record/record.h"

/* Token ids, and their text where a record has it. */
struct tokens {
	int32_t *ids;
	const char **pieces; /* NULL: no text */
	int count;
	const char *text; /* of all together, for people; NULL: not known. It is only written */
};

/*
 * The tokens under a key: a map {ids, pieces}, or a list of ids alone. Lists live in the record's
 * arena.
 */
struct tokens record_tokens(const struct record *r, const char *key);

/* Write them: as a map {ids, pieces}; as a list of ids; pieces from .. to-1 as a list of text. */
void draft_tokens(struct draft *d, const char *key, const struct tokens *t);
void draft_ids(struct draft *d, const char *key, const int32_t *ids, int count);
void draft_pieces(struct draft *d, const char *key, const struct tokens *t, long from, long to);

#endif
