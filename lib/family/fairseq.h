/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FAMILY_FAIRSEQ_H
#define LRP_FAMILY_FAIRSEQ_H

#include "shape/family.h"

/*
 * What the families have in common whose definitions began as fairseq's encoder and decoder: names of
 * tensors and of keys. A family's table says the defaults, and what its definition fixes.
 */
extern const struct sublayer fairseq_encoder[], fairseq_decoder[];

/* Members of struct family: names of tensors. Where the tables of positions are NULL, positions are
 * computed. */
/* clang-format off */
#define FAIRSEQ_STACK(name, list, ...)                                                             \
	{ "model." name ".layers.%d", list, .table = "model." name ".embed_tokens",                \
		.embedding_norm = "model." name ".layernorm_embedding",                            \
		.final_norm = "model." name ".layer_norm", __VA_ARGS__ }
#define FAIRSEQ_NAMES(in_encoder, in_decoder)                                                      \
	.prefix = "model.",                                                                        \
	.stack = { [ENC] = FAIRSEQ_STACK("encoder", fairseq_encoder, .positions = in_encoder),     \
		[DEC] = FAIRSEQ_STACK("decoder", fairseq_decoder, .positions = in_decoder) },      \
	.shared_table = "model.shared",                                                            \
	.output = "lm_head"
#define FAIRSEQ_TENSORS                                                                            \
	FAIRSEQ_NAMES("model.encoder.embed_positions", "model.decoder.embed_positions")

/* Keys: sizes and their defaults; what is the same in all of these families. */
#define FAIRSEQ_SIZES(width_, layers_e, layers_d, heads_e, heads_d, inner_e, inner_d, tokens, positions_) \
	INT("d_model", width, width_), INT("vocab_size", vocabulary[ENC], tokens),                 \
	INT("encoder_layers", layers[ENC], layers_e), INT("decoder_layers", layers[DEC], layers_d), \
	INT("encoder_attention_heads", heads[ENC], heads_e),                                       \
	INT("decoder_attention_heads", heads[DEC], heads_d),                                       \
	INT("encoder_ffn_dim", inner[ENC], inner_e), INT("decoder_ffn_dim", inner[DEC], inner_d),  \
	INT("max_position_embeddings", positions, positions_)
#define FAIRSEQ_KEYS                                                                               \
	FLAG("tie_word_embeddings", tied_output, true),                                            \
	SAME("hidden_size", width, "'d_model'"),                                                   \
	SAME("num_attention_heads", heads[ENC], "'encoder_attention_heads'"),                      \
	SAME("head_dim", head_width[ENC], "'d_model' by 'encoder_attention_heads'"),               \
	ONLY("is_encoder_decoder", true),                                                          \
	UNUSED("num_hidden_layers", "set from encoder_layers, whatever it is")

/*
 * Before version 4.2 of transformers one definition served them all, and these keys told them apart.
 * Published files still have them, as each family's own definition fixes it now: norms in front
 * of blocks and behind stacks, norms of embeddings, computed positions. Where positions are learned,
 * there is FAIRSEQ_OLD_ROWS: of their table, in front of the first position's.
 */
#define FAIRSEQ_OLD_KEYS(in_front, behind, embedding, computed)                                    \
	ONLY_BEFORE(402, "normalize_before", in_front),                                            \
	ONLY_BEFORE(402, "add_final_layer_norm", behind),                                          \
	ONLY_BEFORE(402, "normalize_embedding", embedding),                                        \
	ONLY_BEFORE(402, "static_position_embeddings", computed),                                  \
	FLAG_BEFORE(402, "add_bias_logits", output_bias, false)
#define FAIRSEQ_OLD_ROWS(rows) ONLY_COUNT_BEFORE(402, "extra_pos_embeddings", rows)
/* clang-format on */

#endif
