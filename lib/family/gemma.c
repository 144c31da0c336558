/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gemma (Mesnard et al. 2024) and the texts of Gemma 3: Llama's decoder with gains of 1 + g, embeddings
 * times the root of the width, tanh's GELU as the gate. Gemma 3 has norms in front of its blocks and
 * behind them, of queries and keys too, and a window in most layers, which have rotary frequencies of
 * their own.
 */
#include <math.h>

#include "base/die.h"
#include "family/llama_keys.h"

/* clang-format off */
/* Behind hidden_act, whatever that says: the first files said gelu and meant its approximation. */
#define GEMMA_ACTIVATION WORD("hidden_activation", activation, function_names, GELU_TANH)
static const struct key keys_gemma[] = {
	LLAMA_KEYS(256000, 24576, 8192, 16, GELU_TANH, true, 10000), INT("head_dim", head_width[DEC], 256),
	GEMMA_ACTIVATION,
	{ 0 }
};
static const struct key keys_gemma3[] = {
	LLAMA_KEYS(262208, 9216, 131072, 4, GELU_TANH, true, 1000000), INT("head_dim", head_width[DEC], 256),
	REAL("rope_local_base_freq", local_theta, 10000),
	GEMMA_ACTIVATION, UNUSED("query_pre_attn_scalar", "read by finish_gemma3()"),
	UNUSED("sliding_window", "read by finish_gemma3()"), UNUSED("layer_types", "read by finish_gemma3()"),
	UNUSED("sliding_window_pattern", "read by finish_gemma3()"), UNUSED("_sliding_window_pattern", "read by finish_gemma3()"),
	UNUSED("attn_logit_softcapping", "read by finish_gemma3()"), UNUSED("final_logit_softcapping", "read by finish_gemma3()"),
	ONLY("use_bidirectional_attention", false),
	{ 0 }
};
/* clang-format on */

static const struct sublayer decoder_gemma3[] = {
	{ SELF, .norm = "input_layernorm", .q = "self_attn.q_proj", .k = "self_attn.k_proj",
		.v = "self_attn.v_proj", .q_norm = "self_attn.q_norm", .k_norm = "self_attn.k_norm",
		.out = "self_attn.o_proj", .norm_out = "post_attention_layernorm" },
	{ FEED, .norm = "pre_feedforward_layernorm", .gate = "mlp.gate_proj", .in = "mlp.up_proj",
		.out = "mlp.down_proj", .norm_out = "post_feedforward_layernorm" },
	{ 0 }
};

/* Every n-th layer sees all. */
static bool but_every_nth(const struct shape *s, long layer)
{
	long otherwise = json_int_or(&s->file, "_sliding_window_pattern", 6);
	long n = json_int_or(&s->file, "sliding_window_pattern", otherwise);

	if (n < 1)
		die("%s: 'sliding_window_pattern' is %ld; expected 1 or more", s->file.path, n);
	return (layer + 1) % n != 0;
}

static void finish_gemma3(struct shape *s)
{
	double scalar = json_real_or(&s->file, "query_pre_attn_scalar", 256);

	if (!(scalar > 0))
		die("%s: 'query_pre_attn_scalar' is %g; expected a number above 0", s->file.path,
			scalar);
	if (json_find(&s->file, "attn_logit_softcapping") ||
		json_find(&s->file, "final_logit_softcapping"))
		die("%s: soft caps ('attn_logit_softcapping', 'final_logit_softcapping') are not "
		    "supported",
			s->file.path);
	s->score_scale = 1 / sqrt(scalar);
	s->window = window_of(s, 4096);
	s->windowed = windowed_layers(s, but_every_nth);
}

#define GEMMA_FIXED LLAMA_FIXED, .gain_one = true, .scaled_embedding = true

const struct family family_gemma =
	LLAMA_LIKE("gemma", keys_gemma, llama_decoder, NULL, GEMMA_FIXED);
const struct family family_gemma3 =
	LLAMA_LIKE("gemma3_text", keys_gemma3, decoder_gemma3, finish_gemma3, GEMMA_FIXED);
