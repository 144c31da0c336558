/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_GGUF_TOKENIZER_H
#define LRP_CKPT_GGUF_TOKENIZER_H

#include <jansson.h>

/*
 * The tokeniser of a GGUF file in the shape of Hugging Face's tokenizer.json: `added_tokens`,
 * `normalizer`, `pre_tokenizer`, `post_processor`, `decoder`, `model` (BPE). `model` is a GGUF file or a
 * directory whose weights are one. NULL: it is not, or has no vocabulary. Dies, naming it, on a tokeniser
 * or a setting of one that is not known.
 */
json_t *gguf_tokenizer(const char *model);

#endif
