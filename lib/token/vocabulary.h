/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TOKEN_VOCABULARY_H
#define LRP_TOKEN_VOCABULARY_H

#include "subword/subword.h"
#include "vocab/added_tokens.h"
#include "vocab/splitter.h"
#include "token/tokenizer.h"

/* Inside of the tokenizer: its files, which tokenizer.c and detokenize.c share. */

/* What an id is, besides a piece. */
enum id_kind { ID_PLAIN, ID_ADDED, ID_SPECIAL };

/* The tokens of one side; each part is opened when it is first needed. */
struct vocabulary {
	const char *file_name;
	long size;
	bool opened;
	struct json_file file; /* piece -> id; object NULL: none */
	const char **pieces;   /* by id; NULL: the files have none */
	const char **numbers;  /* ids as text, for those; NULL: not needed yet */
	unsigned char *kind;   /* by id, an id_kind */
	long unknown, eos;     /* -1: not in the file */
	const char *unknown_name;
	struct subword *subword; /* does all; NULL: a splitter does, and ids are in `file` */
	const struct splitter *splitter;
	void *model; /* the splitter's; NULL: not opened */
};

struct tokenizer {
	const char *directory;
	struct vocabulary sides[2];
	struct json_file settings;
	struct added_tokens added;
	struct special_names names;
	bool settings_read, warned, warned_of_code;
	struct subword *subword; /* of both sides; NULL: there is none, or it is not opened */
	const char *class_name;	 /* Hugging Face's, where the files do not say another */
	const struct tokenizer_class *class;
	long eos; /* the model's own, NO_END or END_BY_CLASS */
	struct arena texts;
};

/* A side's vocabulary, opened; the second dies where its file is missing. */
struct vocabulary *open_vocabulary(struct tokenizer *t, enum side side);
struct vocabulary *must_open_vocabulary(struct tokenizer *t, enum side side);

/* The end of sentence of a side; below 0: none. */
long end_of_sentence(struct tokenizer *t, enum side side);

/* The id of a piece, and of an added token on this side; -1: none. */
long vocabulary_id(const struct vocabulary *v, const char *piece, size_t length);
long vocabulary_added_id(const struct vocabulary *v, const struct added_token *token);

/* The splitter of a side whose vocabulary is open. The first is false where it has no files, the
 * second dies; both die where they are at fault. */
bool try_splitter(struct tokenizer *t, enum side side);
void open_splitter(struct tokenizer *t, enum side side);

#endif
