/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FAMILY_LLAMA_KEYS_H
#define LRP_FAMILY_LLAMA_KEYS_H

#include "shape/family.h"

/* What the families that are built like Llama share: llama.c. */

/* clang-format off */
/* Keys of config.json that all of them have; their defaults differ. */
#define LLAMA_KEYS(words, inner_size, most, kv_default, function, tied, base)                        \
	INT("hidden_size", width, 4096),                                                             \
	INT("num_hidden_layers", layers[DEC], 32),       INT("num_attention_heads", heads[DEC], 32), \
	INT("num_key_value_heads", kv_heads[DEC], kv_default),                                       \
	INT("intermediate_size", inner[DEC], inner_size),                                            \
	INT("vocab_size", vocabulary[DEC], words),                                                   \
	INT("max_position_embeddings", positions, most),                                             \
	WORD("hidden_act", activation, function_names, function),                                    \
	REAL("rms_norm_eps", eps, 1e-6),                 REAL("rope_theta", theta, base),            \
	FLAG("tie_word_embeddings", tied_output, tied),                                              \
	ID("pad_token_id", pad, -1, TARGET_ID),          ID("bos_token_id", bos, -1, TARGET_ID),     \
	ID("eos_token_id", eos, -1, FIRST_ID),                                                       \
	UNUSED("rope_scaling", "read by rotary.c"),      UNUSED("rope_parameters", "read by rotary.c"), \
	UNUSED("attention_bias", "a bias is used where the checkpoint has it"),                      \
	UNUSED("mlp_bias", "a bias is used where the checkpoint has it"),                            \
	UNUSED("pretraining_tp", "another order of the same products"),                              \
	ONLY("is_encoder_decoder", false)

/* What their decoders always do. */
#define LLAMA_FIXED                                                                                  \
	.root_mean_square = true, .rotary = true, .norm_in_front = true, .final_norm = true,         \
	.mask = -1, .start = -1, .forced_bos = -1, .forced_eos = -1

/* The table of one, over its keys and blocks, and what it always does: LLAMA_FIXED and perhaps more. */
#define LLAMA_LIKE(name, class, list, blocks, last, ...)                                                   \
	{                                                                                            \
		.type = name, .prefix = "model.", .keys = list, .fixed = { __VA_ARGS__ },             \
		.stack = { [DEC] = { "model.layers.%d", blocks, .table = "model.embed_tokens",       \
				   .final_norm = "model.norm" } },                                   \
		.output = "lm_head", .unused = llama_unused, .finish = last,                         \
		.tokenizer = class                                                                   \
	}
/* clang-format on */

extern const struct unused llama_unused[];

/* The blocks of Llama's layers. */
extern const struct sublayer llama_decoder[];

/* The keys that a query sees, by `sliding_window`; null, and a default of 0: all. */
long window_of(const struct shape *s, long otherwise);

/* The layers that have a window: as layer_types says, else as `otherwise` does. */
const bool *windowed_layers(
	const struct shape *s, bool (*otherwise)(const struct shape *s, long layer));

#endif
