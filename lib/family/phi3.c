/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phi-3 and Phi-4-mini (Abdin et al. 2024): Llama's decoder with queries, keys and values in one tensor,
 * gate and input of the feed-forward network in another. With longrope texts have the positions of
 * the first training, whose frequencies are those of short texts.
 */
#include "base/die.h"
#include "family/llama_keys.h"
#include "shape/rotary.h"

/* clang-format off */
static const struct key keys[] = {
	LLAMA_KEYS(32064, 8192, 4096, 0, SILU, false, 10000),
	REAL("partial_rotary_factor", rotary_part, 1),
	UNUSED("original_max_position_embeddings", "read by rotary.c"),
	UNUSED("sliding_window", "read by finish()"),
	ONLY_COUNT_BEFORE(9999, "full_attn_mod", 1), ONLY_COUNT_BEFORE(9999, "interpolate_factor", 1),
	ONLY("lm_head_bias", false),
	UNUSED("auto_map", "the code that it names became the definition of the class"),
	{ 0 }
};
/* clang-format on */

static const struct sublayer decoder[] = {
	{ SELF, .norm = "input_layernorm", .qkv = "self_attn.qkv_proj", .out = "self_attn.o_proj" },
	{ FEED, .norm = "post_attention_layernorm", .in = "mlp.gate_up_proj", .gated_in = true,
		.out = "mlp.down_proj" },
	{ 0 }
};

static void finish(struct shape *s)
{
	s->window = window_of(s, 0);
	long first = rotary_longrope_positions(&s->file);

	if (first && first < s->positions) {
		warn("%s: texts have up to %ld tokens: the frequencies of longer ones are others",
			s->file.path, first);
		s->positions = first;
	}
}

const struct family family_phi3 =
	LLAMA_LIKE("phi3", "LlamaTokenizer", keys, decoder, finish, LLAMA_FIXED);
