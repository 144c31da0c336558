/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gemma (Mesnard et al. 2024), Gemma 2 and the texts of Gemma 3: Llama's decoder with gains of 1 + g,
 * embeddings times the root of the width, tanh's GELU as the gate. Gemma 2 has norms in front of its
 * blocks and behind them, caps on scores and logits, and a window in every other layer. Gemma 3 has norms
 * of queries and keys instead of caps, and a window in most layers, which have rotary frequencies of their
 * own.
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
#define LATER_KEYS                                                                                   \
	GEMMA_ACTIVATION, UNUSED("query_pre_attn_scalar", "read by scale_scores()"),                 \
	UNUSED("sliding_window", "read by window_of()"), UNUSED("layer_types", "read by windowed_layers()"), \
	UNUSED("attn_logit_softcapping", "read by cap_of()"), UNUSED("final_logit_softcapping", "read by cap_of()")
static const struct key keys_gemma2[] = {
	LLAMA_KEYS(256000, 9216, 8192, 4, GELU_TANH, true, 10000), INT("head_dim", head_width[DEC], 256),
	LATER_KEYS, UNUSED("sliding_window_size", "a name that nothing reads"),
	ONLY("use_bidirectional_attention", false),
	{ 0 }
};
static const struct key keys_gemma3[] = {
	LLAMA_KEYS(262208, 9216, 131072, 4, GELU_TANH, true, 1000000), INT("head_dim", head_width[DEC], 256),
	REAL("rope_local_base_freq", local_theta, 10000), LATER_KEYS,
	UNUSED("sliding_window_pattern", "read by but_every_nth()"), UNUSED("_sliding_window_pattern", "read by but_every_nth()"),
	ONLY("use_bidirectional_attention", false),
	{ 0 }
};
/* clang-format on */

static const struct sublayer decoder_gemma2[] = {
	{ SELF, .norm = "input_layernorm", .q = "self_attn.q_proj", .k = "self_attn.k_proj",
		.v = "self_attn.v_proj", .out = "self_attn.o_proj",
		.norm_out = "post_attention_layernorm" },
	{ FEED, .norm = "pre_feedforward_layernorm", .gate = "mlp.gate_proj", .in = "mlp.up_proj",
		.out = "mlp.down_proj", .norm_out = "post_feedforward_layernorm" },
	{ 0 }
};

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

/* Every other layer has a window, from the first on. */
static bool first_of_two(const struct shape *s, long layer)
{
	(void)s;
	return layer % 2 == 0;
}

static void scale_scores(struct shape *s)
{
	double scalar = json_real_or(&s->file, "query_pre_attn_scalar", 256);

	if (!(scalar > 0))
		die("%s: 'query_pre_attn_scalar' is %g; expected a number above 0", s->file.path,
			scalar);
	s->score_scale = 1 / sqrt(scalar);
}

/* null: none */
static double cap_of(const struct shape *s, const char *key, double otherwise)
{
	const json_t *value = json_object_get(s->file.object, key);
	double cap = json_real_or(&s->file, key, value ? 0 : otherwise);

	if (!(cap > 0) && !(cap == 0 && (!value || json_is_null(value))))
		die("%s: '%s' is %g; expected a number above 0, or null", s->file.path, key, cap);
	return cap;
}

static void finish_later(struct shape *s, double score_cap, double logit_cap,
	bool (*windowed)(const struct shape *s, long layer))
{
	scale_scores(s);
	s->score_cap = cap_of(s, "attn_logit_softcapping", score_cap);
	s->logit_cap = cap_of(s, "final_logit_softcapping", logit_cap);
	s->window = window_of(s, 4096);
	s->windowed = windowed_layers(s, windowed);
}

static void finish_gemma2(struct shape *s)
{
	finish_later(s, 50, 30, first_of_two);
}

static void finish_gemma3(struct shape *s)
{
	finish_later(s, 0, 0, but_every_nth);
}

#define GEMMA_FIXED LLAMA_FIXED, .gain_one = true, .scaled_embedding = true

const struct family family_gemma =
	LLAMA_LIKE("gemma", "GemmaTokenizer", keys_gemma, llama_decoder, NULL, GEMMA_FIXED);
const struct family family_gemma2 = LLAMA_LIKE(
	"gemma2", "GemmaTokenizer", keys_gemma2, decoder_gemma2, finish_gemma2, GEMMA_FIXED);
const struct family family_gemma3 = LLAMA_LIKE(
	"gemma3_text", "GemmaTokenizer", keys_gemma3, decoder_gemma3, finish_gemma3, GEMMA_FIXED);
