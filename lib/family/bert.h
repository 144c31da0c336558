/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FAMILY_BERT_H
#define LRP_FAMILY_BERT_H

#include "shape/family.h"

/*
 * What BERT and the families that were made of it have in common: an encoder alone, norms behind blocks
 * and of the embedding, which is a sum of tokens, positions and types of tokens, and a dense layer with
 * its activation and norm in front of the logits.
 */
extern const struct sublayer bert_layer[];
extern const char *const bert_position_types[];

/* Keys: sizes and their defaults; what is the same in all of these families. */
/* clang-format off */
#define BERT_KEYS                                                                                  \
	INT("hidden_size", width, 768), INT("num_hidden_layers", layers[ENC], 12),                 \
	INT("num_attention_heads", heads[ENC], 12), INT("intermediate_size", inner[ENC], 3072),    \
	INT("vocab_size", vocabulary[ENC], 30522), INT("max_position_embeddings", positions, 512), \
	INT("type_vocab_size", types, 2), WORD("hidden_act", activation, function_names, GELU),    \
	REAL("layer_norm_eps", eps, 1e-12),                                                        \
	WORD("position_embedding_type", position_type, bert_position_types, 0),                    \
	FLAG("tie_word_embeddings", tied_output, true), ID("mask_token_id", mask, -1, EITHER_ID),  \
	ONLY("is_encoder_decoder", false)
/* clang-format on */

/* Members of struct family: names of tensors below `prefix`, which ends with a dot. */
#define BERT_TENSORS(prefix_)                                                                      \
	.prefix = prefix_,                                                                         \
	.stack = { [ENC] = { prefix_ "encoder.layer.%d", bert_layer,                               \
			   .table = prefix_ "embeddings.word_embeddings",                          \
			   .positions = prefix_ "embeddings.position_embeddings",                  \
			   .types = prefix_ "embeddings.token_type_embeddings",                    \
			   .embedding_norm = prefix_ "embeddings.LayerNorm" } }

/* Tensors that other tasks have. */
#define BERT_UNUSED                                                                                \
	{                                                                                          \
		"*pooler.dense.*", "of a class that reads the first token's output alone"          \
	}

#endif
