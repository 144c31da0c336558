/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOCAB_WHOLE_H
#define LRP_VOCAB_WHOLE_H

#include "subword/subword.h"
#include "vocab/classes.h"

/*
 * A tokenizer that is described as a whole: by tokenizer.json, or by older files that say the same
 * (vocab.json with merges.txt, vocab.txt; a GGUF), of which the object of a tokenizer.json is made. What
 * tokenizer_config.json says otherwise goes before, as in Hugging Face's transformers. NULL: the directory
 * has no such files, or has those of another way that its class goes before.
 */
struct subword *whole_open(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class);

#endif
