/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TOKEN_AROUND_H
#define LRP_TOKEN_AROUND_H

#include "subword/model.h"
#include "token/vocabulary.h"

/*
 * The special tokens in front of a text that begins, and behind it, as its tokenizer puts them there
 * for a side: a beginning, an end of sentence, the code of its language. A text may begin with the
 * code of its own language ("deu_Latn Guten Tag"), which is taken out of it then; else the language is
 * `src_lang` or `tgt_lang` of tokenizer_config.json. NULL where all is well, else why not.
 */
const char *around_text(struct tokenizer *t, enum side side, enum place place, struct piece *text,
	struct template *around, struct arena *a);

#endif
