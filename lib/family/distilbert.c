/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DistilBERT (Sanh et al. 2019), with the names and defaults of Hugging Face's DistilBertConfig: BERT
 * without types of tokens.
 */
#include "shape/family.h"

/* clang-format off */
static const struct key keys[] = {
	INT("dim", width, 768),                          INT("hidden_dim", inner[ENC], 3072),
	INT("n_layers", layers[ENC], 6),                 INT("n_heads", heads[ENC], 12),
	INT("vocab_size", vocabulary[ENC], 30522),       INT("max_position_embeddings", positions, 512),
	WORD("activation", activation, function_names, GELU),
	WORD("activation", output_activation, function_names, GELU),
	FLAG("tie_word_embeddings", tied_output, true),
	ID("mask_token_id", mask, -1, EITHER_ID),        ID("pad_token_id", pad, 0, EITHER_ID),
	ID("bos_token_id", bos, -1, EITHER_ID),          ID("eos_token_id", eos, -1, FIRST_ID),
	SAME("hidden_size", width, "'dim'"),
	SAME("num_hidden_layers", layers[ENC], "'n_layers'"),
	SAME("num_attention_heads", heads[ENC], "'n_heads'"),
	ONLY("is_encoder_decoder", false),
	UNUSED("sinusoidal_pos_embds", "what the table of positions began with; the checkpoint has it"),
	UNUSED("tie_weights_", "no version reads it; tie_word_embeddings is read"),
	{ 0 }
};
/* clang-format on */

static const struct sublayer layer[] = { { SELF, .norm = "sa_layer_norm", .q = "attention.q_lin",
						 .k = "attention.k_lin", .v = "attention.v_lin",
						 .out = "attention.out_lin" },
	{ FEED, .norm = "output_layer_norm", .in = "ffn.lin1", .out = "ffn.lin2" }, { 0 } };

const struct family family_distilbert = {
	.type = "distilbert",
	.tokenizer = "DistilBertTokenizer",
	.prefix = "distilbert.",
	.keys = keys,
	.fixed = { .eps = 1e-12, .embedding_norm = true, .output_bias = true },
	.stack = { [ENC] = { "distilbert.transformer.layer.%d", layer,
			   .table = "distilbert.embeddings.word_embeddings",
			   .positions = "distilbert.embeddings.position_embeddings",
			   .embedding_norm = "distilbert.embeddings.LayerNorm" } },
	.output_in = "vocab_transform",
	.output_norm = "vocab_layer_norm",
	.output = "vocab_projector",
	.output_bias = "vocab_projector.bias",
};
