/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPT-NeoX (Black et al. 2022) and Pythia, with the names and defaults of Hugging Face's GPTNeoXConfig: a
 * decoder alone whose blocks read the same and are added together; queries, keys and values lie head
 * by head in one tensor, and a part of each head turns.
 */
#include "shape/family.h"

/* clang-format off */
static const struct key keys[] = {
	INT("hidden_size", width, 6144),
	INT("num_hidden_layers", layers[DEC], 44),       INT("num_attention_heads", heads[DEC], 64),
	INT("intermediate_size", inner[DEC], 24576),
	INT("vocab_size", vocabulary[DEC], 50432),       INT("max_position_embeddings", positions, 2048),
	WORD("hidden_act", activation, function_names, GELU),
	REAL("layer_norm_eps", eps, 1e-5),
	REAL("rotary_emb_base", theta, 10000),           REAL("rotary_pct", rotary_part, 0.25),
	FLAG("use_parallel_residual", parallel, true),
	FLAG("tie_word_embeddings", tied_output, false),
	ID("pad_token_id", pad, -1, TARGET_ID),
	ID("bos_token_id", bos, 0, TARGET_ID),           ID("eos_token_id", eos, 2, FIRST_ID),
	UNUSED("attention_bias", "a bias is used where the checkpoint has it"),
	UNUSED("rope_scaling", "read by rotary.c"),      UNUSED("rope_parameters", "read by rotary.c"),
	ONLY("is_encoder_decoder", false),
	{ 0 }
};
/* clang-format on */

static const struct sublayer decoder[] = { { SELF, .norm = "input_layernorm",
						   .qkv = "attention.query_key_value",
						   .by_head = true, .out = "attention.dense" },
	{ FEED, .norm = "post_attention_layernorm", .in = "mlp.dense_h_to_4h",
		.out = "mlp.dense_4h_to_h" },
	{ 0 } };

static const struct unused unused[] = {
	{ "*.attention.bias", "the causal mask, kept as a buffer" },
	{ "*.attention.masked_bias", "the score of keys that are not seen, kept as a buffer" },
	{ "*rotary_emb.inv_freq", "the frequencies of rotary positions, kept as a buffer" },
	{ NULL, NULL },
};

const struct family family_neox = {
	.type = "gpt_neox",
	.tokenizer = "GPTNeoXTokenizer",
	.prefix = "gpt_neox.",
	.keys = keys,
	.fixed = { .rotary = true,
		.norm_in_front = true,
		.final_norm = true,
		.mask = -1,
		.start = -1,
		.forced_bos = -1,
		.forced_eos = -1 },
	.stack = { [DEC] = { "gpt_neox.layers.%d", decoder, .table = "gpt_neox.embed_in",
			   .final_norm = "gpt_neox.final_layer_norm" } },
	.output = "embed_out",
	.unused = unused,
};
