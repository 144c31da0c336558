/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OPT (Zhang et al. 2022), with the names and defaults of Hugging Face's OPTConfig: a decoder alone, whose
 * learned positions begin at the third row of their table. Norms are in front of blocks and behind the
 * stack; the model of 350 million weights has them behind blocks, and tables of half the layers' width
 * with a dense layer on either side.
 */
#include "shape/family.h"

/* clang-format off */
static const struct key keys[] = {
	INT("hidden_size", width, 768),                  INT("word_embed_proj_dim", table_width, 0), /* as hidden_size */
	INT("num_hidden_layers", layers[DEC], 12),       INT("num_attention_heads", heads[DEC], 12),
	INT("ffn_dim", inner[DEC], 3072),
	INT("vocab_size", vocabulary[DEC], 50272),       INT("max_position_embeddings", positions, 2048),
	WORD("activation_function", activation, function_names, RELU),
	FLAG("do_layer_norm_before", norm_in_front, true),
	FLAG("tie_word_embeddings", tied_output, true),
	ID("pad_token_id", pad, 1, TARGET_ID),
	ID("bos_token_id", bos, 2, TARGET_ID),           ID("eos_token_id", eos, 2, FIRST_ID),
	SAME("d_model", width, "'hidden_size'"),
	ONLY("enable_bias", true),
	ONLY("layer_norm_elementwise_affine", true),
	ONLY("is_encoder_decoder", false),
	UNUSED("_remove_final_layer_norm", "read by finish()"),
	{ 0 }
};
/* clang-format on */

static const struct sublayer decoder[] = {
	{ SELF, .norm = "self_attn_layer_norm", .q = "self_attn.q_proj", .k = "self_attn.k_proj",
		.v = "self_attn.v_proj", .out = "self_attn.out_proj" },
	{ FEED, .norm = "final_layer_norm", .in = "fc1", .out = "fc2" }, { 0 }
};

static void finish(struct shape *s)
{
	s->final_norm =
		s->norm_in_front && !json_bool_or(&s->file, "_remove_final_layer_norm", false);
}

const struct family family_opt = {
	.type = "opt",
	.tokenizer = "GPT2Tokenizer",
	.prefix = "model.",
	.keys = keys,
	.fixed = { .eps = 1e-5, .first_position = 2 },
	.stack = { [DEC] = { "model.decoder.layers.%d", decoder,
			   .table = "model.decoder.embed_tokens",
			   .table_in = "model.decoder.project_in",
			   .positions = "model.decoder.embed_positions",
			   .final_norm = "model.decoder.final_layer_norm" } },
	.table_out = "model.decoder.project_out",
	.output = "lm_head",
	.finish = finish,
};
