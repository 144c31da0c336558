/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GGUF_GGUF_TOKENIZER_H
#define LRP_GGUF_GGUF_TOKENIZER_H

#include <jansson.h>

#include "gguf/gguf.h"

/*
 * The tokeniser of a GGUF file in the shape of Hugging Face's tokenizer.json: `added_tokens`,
 * `normalizer`, `pre_tokenizer`, `post_processor`, `decoder`, `model` (BPE). NULL: it has none. Dies,
 * naming it, on a tokeniser or a setting of one that is not known.
 */
json_t *gguf_tokenizer(const struct gguf *g);

#endif
