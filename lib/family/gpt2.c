/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPT-2 (Radford et al. 2019), with the names and defaults of Hugging Face's GPT2Config: a decoder alone,
 * norms in front of blocks and behind the stack. Matrices lie as [inputs, outputs], and queries, keys
 * and values are one of them.
 */
#include "shape/family.h"

/* clang-format off */
static const struct key keys[] = {
	INT("n_embd", width, 768),
	INT("n_layer", layers[DEC], 12),                 INT("n_head", heads[DEC], 12),
	INT("n_inner", inner[DEC], 0), /* four times the width */
	INT("vocab_size", vocabulary[DEC], 50257),       INT("n_positions", positions, 1024),
	WORD("activation_function", activation, function_names, GELU_NEW),
	REAL("layer_norm_epsilon", eps, 1e-5),
	FLAG("scale_attn_by_inverse_layer_idx", scores_by_layer, false),
	FLAG("tie_word_embeddings", tied_output, true),
	ID("pad_token_id", pad, -1, TARGET_ID),
	ID("bos_token_id", bos, 50256, TARGET_ID),       ID("eos_token_id", eos, 50256, FIRST_ID),
	SAME("hidden_size", width, "'n_embd'"),
	SAME("num_hidden_layers", layers[DEC], "'n_layer'"),
	SAME("num_attention_heads", heads[DEC], "'n_head'"),
	SAME("max_position_embeddings", positions, "'n_positions'"),
	ONLY("is_encoder_decoder", false),
	UNUSED("scale_attn_weights", "read by finish()"),
	UNUSED("reorder_and_upcast_attn", "another order of the same product, in single precision"),
	UNUSED("n_ctx", "the size of the causal mask; n_positions bounds a text"),
	UNUSED("predict_special_tokens", "of other tasks"),
	{ 0 }
};
/* clang-format on */

static const struct sublayer decoder[] = {
	{ SELF, .norm = "ln_1", .qkv = "attn.c_attn", .out = "attn.c_proj", .transposed = true },
	{ FEED, .norm = "ln_2", .in = "mlp.c_fc", .out = "mlp.c_proj", .transposed = true }, { 0 }
};

static const struct unused unused[] = {
	{ "*.attn.bias", "the causal mask, kept as a buffer" },
	{ "*.attn.masked_bias", "the score of keys that are not seen, kept as a buffer" },
	{ NULL, NULL },
};

static void finish(struct shape *s)
{
	if (!json_bool_or(&s->file, "scale_attn_weights", true))
		s->score_scale = 1;
}

const struct family family_gpt2 = {
	.type = "gpt2",
	.tokenizer = "GPT2Tokenizer",
	.prefix = "transformer.",
	.keys = keys,
	.fixed = { .norm_in_front = true, .final_norm = true },
	.stack = { [DEC] = { "transformer.h.%d", decoder, .table = "transformer.wte",
			   .positions = "transformer.wpe", .final_norm = "transformer.ln_f" } },
	.output = "lm_head",
	.unused = unused,
	.finish = finish,
};
