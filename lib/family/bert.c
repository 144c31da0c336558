/* SPDX-License-Identifier: Apache-2.0 */
/* BERT (Devlin et al. 2019), with the names and defaults of Hugging Face's BertConfig. */
#include "family/bert.h"

const struct sublayer bert_layer[] = {
	{ SELF, .norm = "attention.output.LayerNorm", .q = "attention.self.query",
		.k = "attention.self.key", .v = "attention.self.value",
		.out = "attention.output.dense" },
	{ FEED, .norm = "output.LayerNorm", .in = "intermediate.dense", .out = "output.dense" },
	{ 0 }
};

const char *const bert_position_types[] = { "absolute", NULL };

/* clang-format off */
static const struct key keys[] = {
	BERT_KEYS,
	WORD("hidden_act", output_activation, function_names, GELU),
	ID("pad_token_id", pad, 0, EITHER_ID),
	ID("bos_token_id", bos, -1, EITHER_ID),          ID("eos_token_id", eos, -1, FIRST_ID),
	UNUSED("directionality", "a note of the first programs"),
	UNUSED("pooler_fc_size", "of the pooler, which no logits see"),
	UNUSED("pooler_num_attention_heads", "of the pooler, which no logits see"),
	UNUSED("pooler_num_fc_layers", "of the pooler, which no logits see"),
	UNUSED("pooler_size_per_head", "of the pooler, which no logits see"),
	UNUSED("pooler_type", "of the pooler, which no logits see"),
	{ 0 }
};
/* clang-format on */

static const struct unused unused[] = {
	BERT_UNUSED,
	{ "cls.seq_relationship.*", "says whether one sentence follows another" },
	{ "cls.predictions.decoder.bias", "a copy of cls.predictions.bias: build.c compares them" },
	{ NULL, NULL },
};

const struct family family_bert = {
	.type = "bert",
	.tokenizer = "BertTokenizer",
	.keys = keys,
	.fixed = { .embedding_norm = true, .output_bias = true },
	BERT_TENSORS("bert."),
	.output_in = "cls.predictions.transform.dense",
	.output_norm = "cls.predictions.transform.LayerNorm",
	.output = "cls.predictions.decoder",
	.output_bias = "cls.predictions.bias",
	.output_bias_copy = "cls.predictions.decoder.bias",
	.unused = unused,
};
