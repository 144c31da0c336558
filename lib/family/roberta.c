/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RoBERTa (Liu et al. 2019) and XLM-RoBERTa (Conneau et al. 2020), with the names and defaults of Hugging
 * Face's RobertaConfig: BERT with positions that are counted from the padding token's id + 1.
 */
#include "base/die.h"
#include "family/bert.h"

/* clang-format off */
static const struct key keys[] = {
	BERT_KEYS,
	ID("pad_token_id", pad, 1, EITHER_ID),
	ID("bos_token_id", bos, 0, EITHER_ID),           ID("eos_token_id", eos, 2, FIRST_ID),
	{ 0 }
};
/* clang-format on */

static const struct unused unused[] = {
	BERT_UNUSED,
	{ "lm_head.decoder.bias", "a copy of lm_head.bias: build.c compares them" },
	{ NULL, NULL },
};

/* The first rows of the table of positions are no positions. */
static void finish(struct shape *s)
{
	long taken = json_int_or(&s->file, "pad_token_id", 1) + 1;

	if (s->positions <= taken)
		die("%s: 'max_position_embeddings' is %ld, of which %ld are none of a token",
			s->file.path, s->positions, taken);
	s->positions -= taken;
}

/* All but the type. */
#define ROBERTA                                                                                    \
	BERT_TENSORS("roberta."),                                                                  \
		.keys = keys,                                                                      \
		.fixed = { .embedding_norm = true,                                                 \
			.output_bias = true,                                                       \
			.output_activation = GELU,                                                 \
			.behind_pad = true },                                                      \
		.output_in = "lm_head.dense", .output_norm = "lm_head.layer_norm",                 \
		.output = "lm_head.decoder", .output_bias = "lm_head.bias",                        \
		.output_bias_copy = "lm_head.decoder.bias", .unused = unused, .finish = finish

const struct family family_roberta = {
	.type = "roberta", .tokenizer = "RobertaTokenizer", ROBERTA
};
const struct family family_xlm_roberta = {
	.type = "xlm-roberta", .tokenizer = "XLMRobertaTokenizer", ROBERTA
};
