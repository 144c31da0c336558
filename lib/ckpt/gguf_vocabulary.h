/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_GGUF_VOCABULARY_H
#define LRP_CKPT_GGUF_VOCABULARY_H

#include <jansson.h>

/*
 * The tokeniser of a model in the format GGUF, a file or a directory whose weights are one, as
 * gguf_tokenizer() has it. NULL: the model is of another format, or the file has no tokeniser.
 */
json_t *gguf_tokenizer_in(const char *model);

#endif
