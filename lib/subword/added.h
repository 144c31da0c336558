/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SUBWORD_ADDED_H
#define LRP_SUBWORD_ADDED_H

#include <stdint.h>

#include "pack/json.h"
#include "text/lexicon.h"
#include "text/piece.h"

/* A token that is found in a text as it is written, before what is left is divided. */
struct added {
	struct piece text;
	int32_t id;
	bool special;		      /* no part of a decoded text */
	bool trims_left, trims_right; /* takes the white space beside it */
	bool whole_word;	      /* only where no character of words is beside it */
	bool normalized;   /* found in the text as normalized, in its own normalized form */
	struct piece form; /* in which it is found and decoded: made by added_index() */
};

/* All of a tokenizer. */
struct added_list {
	struct added *at;
	size_t count, room;
	struct lexicon *places, *ids;	 /* of their texts: places in the list, ids */
	struct trie *plain, *normalized; /* made by added_index() */
};

/* One of a JSON object {"content": ..., "special": ..., ...}; its id is given. `f` names the file. */
struct added added_read(const struct json_file *f, int32_t id);

/* One more, or what is said of the one with this text from now on. */
void added_add(struct added_list *list, struct added token);

/* NULL: none has this text, or id. */
const struct added *added_named(const struct added_list *list, struct piece text);
const struct added *added_numbered(const struct added_list *list, int32_t id);

/* The list is complete: `normal` gives a token's normalized form, for the life of the process. */
void added_index(struct added_list *list,
	struct piece (*normal)(const void *context, struct piece text, struct arena *a),
	const void *context);

/* A part of a text: an added token, or what is between them (`token` NULL). */
struct section {
	const struct added *token;
	struct piece text;
};

/*
 * The next section of a text from byte *from on, which moves behind it; false: none is left. Of the
 * tokens that begin at a place the longest is taken. `normalized` says which of them.
 */
struct sections {
	const struct added_list *list;
	bool normalized;
	struct piece text;
	size_t from, search;
	struct section held; /* the token behind a section of text */
	bool holds;
};
bool sections_next(struct sections *s, struct section *section);

#endif
