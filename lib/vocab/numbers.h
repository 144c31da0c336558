/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOCAB_NUMBERS_H
#define LRP_VOCAB_NUMBERS_H

#include "vocab/classes.h"

/*
 * The ids of a class whose pieces are those of a SentencePiece model, {piece: id}, from the model's own
 * numbers: as they are, moved, or in fairseq's order, with the tokens that the class puts in front and
 * behind (<extra_id_0>, languages, the mask).
 */
json_t *class_numbers(const struct tokenizer_class *class, const char *directory,
	const struct json_file *settings, const json_t *pieces);

/* The ids of vocab.json and, behind them, those of languages. */
json_t *numbers_with_languages(const struct tokenizer_class *class, const char *directory,
	const struct json_file *settings, const json_t *ids);

#endif
