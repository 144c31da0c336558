/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOCAB_CLASSES_H
#define LRP_VOCAB_CLASSES_H

#include <stdbool.h>

#include "pack/json.h"

/*
 * Hugging Face's classes of tokenizers: what a class does to a text that its files do not say.
 */
struct tokenizer_class {
	const char *name; /* without the "Fast" at its end */
	enum {
		OF_SIDES,   /* source.spm, target.spm and vocab.json */
		WITH_SPM,   /* sentencepiece.bpe.model and vocab.json */
		BY_SPM,	    /* tokenizer.model or spiece.model, with the numbers of its pieces */
		BY_FAIRSEQ, /* sentencepiece.bpe.model, whose pieces have fairseq's numbers */
		BY_MERGES,  /* vocab.json and merges.txt */
		BY_WORDS,   /* vocab.txt */
		BY_JSON	    /* tokenizer.json alone */
	} files;
	const char *front, *behind; /* keys of the special tokens around a text; NULL: none */
	bool by_settings;	    /* add_bos_token and add_eos_token say whether they are there */
	bool begins;		    /* add_bos_token is true where it is not there */
	bool mask_trims; /* the mask takes the space in front of it, where no file says */
	long offset;	 /* of the numbers of pieces */
	long extra; /* tokens behind the pieces, <extra_id_0> the last, where no setting says */
	enum {
		NO_LANGUAGE,
		LANGUAGE_IN_FRONT,
		LANGUAGE_BEHIND
	} language;		     /* the token of its code */
	const char *source_language; /* where no setting names one */
	const struct special_names {
		const char *bos_token, *eos_token, *unk_token, *sep_token, *pad_token, *cls_token,
			*mask_token;
	} * names; /* of special tokens, where no file has another; NULL: there are none */
};

/*
 * The class that tokenizer_config.json names, else `otherwise` (NULL: none). One without a row, which a
 * tokenizer.json does without, is BY_JSON.
 */
const struct tokenizer_class *tokenizer_class_of(
	const struct json_file *settings, const char *otherwise);

/* The first class with such files. */
const struct tokenizer_class *tokenizer_class_by_files(int files);

/* The names of those that number the pieces of a SentencePiece model, for a message. */
const char *tokenizer_classes_by_spm(void);

/* One of the names, by its key, such as "eos_token"; NULL: there is none, or there are no names. */
const char *special_name(const struct special_names *names, const char *key);

/* Is a token one of them? */
bool is_special_name(const struct special_names *names, const char *token);

/* All of them as a function has them. */
struct special_names special_names_by(
	const char *(*name)(const void *context, const char *key), const void *context);

/* Its name in messages. */
const char *tokenizer_class_name(const struct json_file *settings, const char *otherwise);

#endif
