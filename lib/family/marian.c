/* SPDX-License-Identifier: Apache-2.0 */
/* MarianMT (Junczys-Dowmunt et al. 2018), with the names and defaults of Hugging Face's
 * MarianConfig. */
#include "base/die.h"
#include "family/family.h"

/*
 * The first versions made Marian of BART, which reads more; transformers 4.2 gave it a definition of
 * its own, in which norms follow, positions are sinusoids where none are stored, and the logits have
 * the bias that the checkpoint has.
 */
/* clang-format off */
static const struct key keys[] = {
	INT("d_model", width, 1024),
	INT("encoder_layers", layers[ENC], 12),          INT("decoder_layers", layers[DEC], 12),
	INT("encoder_attention_heads", heads[ENC], 16),  INT("decoder_attention_heads", heads[DEC], 16),
	INT("encoder_ffn_dim", inner[ENC], 4096),        INT("decoder_ffn_dim", inner[DEC], 4096),
	INT("vocab_size", vocabulary[ENC], 58101),
	INT("decoder_vocab_size", vocabulary[DEC], 0), /* as vocab_size */
	INT("max_position_embeddings", positions, 1024),
	WORD("activation_function", activation, function_names, GELU),
	FLAG("scale_embedding", scaled_embedding, false),
	FLAG("tie_word_embeddings", tied_output, true),
	FLAG("share_encoder_decoder_embeddings", shared_tables, true),
	FLAG_BEFORE(402, "static_position_embeddings", sinusoids, true),
	FLAG_BEFORE(402, "normalize_before", norm_in_front, false),
	FLAG_BEFORE(402, "normalize_embedding", embedding_norm, false),
	FLAG_BEFORE(402, "add_final_layer_norm", final_norm, false),
	FLAG_BEFORE(402, "add_bias_logits", output_bias, false),
	ID("pad_token_id", pad, 58100, EITHER_ID),       ID("decoder_start_token_id", start, 58100, TARGET_ID),
	ID("bos_token_id", bos, -1, EITHER_ID),          ID("eos_token_id", eos, 0, FIRST_ID),
	ID("forced_eos_token_id", forced_eos, 0, TARGET_ID),
	SAME("hidden_size", width, "'d_model'"),
	SAME("num_attention_heads", heads[ENC], "'encoder_attention_heads'"),
	SAME("head_dim", head_width[ENC], "'d_model' by 'encoder_attention_heads'"),
	ONLY("is_encoder_decoder", true),
	UNUSED("num_hidden_layers", "set from encoder_layers, whatever it is"),
	UNUSED("extra_pos_embeddings", "of learned positions alone: see finish()"),
	UNUSED("force_bos_token_to_be_generated", "of BART alone"),
	{ 0 }
};
/* clang-format on */

static const struct sublayer encoder[] = {
	{ SELF, .norm = "self_attn_layer_norm", .q = "self_attn.q_proj", .k = "self_attn.k_proj",
		.v = "self_attn.v_proj", .out = "self_attn.out_proj" },
	{ FEED, .norm = "final_layer_norm", .in = "fc1", .out = "fc2" }, { 0 }
};

static const struct sublayer decoder[] = {
	{ SELF, .norm = "self_attn_layer_norm", .q = "self_attn.q_proj", .k = "self_attn.k_proj",
		.v = "self_attn.v_proj", .out = "self_attn.out_proj" },
	{ CROSS, .norm = "encoder_attn_layer_norm", .q = "encoder_attn.q_proj",
		.k = "encoder_attn.k_proj", .v = "encoder_attn.v_proj",
		.out = "encoder_attn.out_proj" },
	{ FEED, .norm = "final_layer_norm", .in = "fc1", .out = "fc2" }, { 0 }
};

/* Only learned positions have some extra ones in front of them. */
static void finish(struct shape *s)
{
	long extra = json_int_or(&s->file, "extra_pos_embeddings", 0);

	if (!s->sinusoids && extra)
		die("%s: 'extra_pos_embeddings' is %ld: not supported where "
		    "'static_position_embeddings' is false",
			s->file.path, extra);
}

const struct family family_marian = {
	.type = "marian",
	.keys = keys,
	.fixed = { .eps = 1e-5 },
	.stack = {
		[ENC] = { "model.encoder.layers.%d", encoder,
			.table = "model.encoder.embed_tokens",
			.positions = "model.encoder.embed_positions",
			.embedding_norm = "model.encoder.layernorm_embedding",
			.final_norm = "model.encoder.layer_norm",
		},
		[DEC] = { "model.decoder.layers.%d", decoder,
			.table = "model.decoder.embed_tokens",
			.positions = "model.decoder.embed_positions",
			.embedding_norm = "model.decoder.layernorm_embedding",
			.final_norm = "model.decoder.layer_norm",
		},
	},
	.shared_table = "model.shared",
	.output = "lm_head",
	.output_bias = "final_logits_bias",
	.finish = finish,
};
