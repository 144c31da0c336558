/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GGUF_GGUF_SPLITTING_H
#define LRP_GGUF_GGUF_SPLITTING_H

#include <jansson.h>
#include <stdbool.h>

#include "gguf/gguf.h"

#define GGUF_TOKENIZER "tokenizer.ggml."

/* How texts are split before merging, by tokenizer.ggml.pre. */
struct gguf_splitting {
	const char *name;
	const char *regex; /* NULL: ByteLevel's own, GPT-2's */
	bool digits;	   /* one by one, before that */
	bool nfc, ignore_merges;
	bool bos; /* is <s> added where no key says whether */
};

/* That of a file; dies, naming it, on one that is not known. */
const struct gguf_splitting *gguf_splitting(const struct gguf *g);

/* The pre-tokenizer of a tokenizer.json that does it, and its part that makes characters of bytes. */
json_t *gguf_pre_tokenizer(const struct gguf_splitting *s);
json_t *gguf_byte_level(bool regex);

#endif
