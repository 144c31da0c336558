/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Llama (Touvron et al. 2023) and what is built like it, with the names and defaults of Hugging Face's
 * configurations: a decoder alone, root mean squares in front of blocks, rotary positions, heads that
 * share keys and values, a gate in the feed-forward network. Mistral sees a window of keys, Qwen has
 * biases, and norms of queries and keys.
 */
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "family/family.h"

/* clang-format off */
#define LLAMA_KEYS(vocabulary_size, inner_size, most, kv, kv_default, base, tied)                    \
	INT("hidden_size", width, 4096),                                                             \
	INT("num_hidden_layers", layers[DEC], 32),       INT("num_attention_heads", heads[DEC], 32), \
	INT(kv, kv_heads[DEC], kv_default),              INT("head_dim", head_width[DEC], 0),        \
	INT("intermediate_size", inner[DEC], inner_size),                                            \
	INT("vocab_size", vocabulary[DEC], vocabulary_size),                                         \
	INT("max_position_embeddings", positions, most),                                             \
	WORD("hidden_act", activation, function_names, SILU),                                        \
	REAL("rms_norm_eps", eps, 1e-6),                 REAL("rope_theta", theta, base),            \
	FLAG("tie_word_embeddings", tied_output, tied),                                              \
	ID("pad_token_id", pad, -1, TARGET_ID),                                                      \
	ID("bos_token_id", bos, 1, TARGET_ID),           ID("eos_token_id", eos, 2, FIRST_ID),       \
	UNUSED("rope_scaling", "read by rotary.c"),      UNUSED("rope_parameters", "read by rotary.c"), \
	UNUSED("attention_bias", "a bias is used where the checkpoint has it"),                      \
	UNUSED("mlp_bias", "a bias is used where the checkpoint has it"),                            \
	UNUSED("pretraining_tp", "another order of the same products"),                              \
	ONLY("is_encoder_decoder", false)
static const struct key keys_llama[] = {
	LLAMA_KEYS(32000, 11008, 2048, "num_key_value_heads", 0, 10000, false), { 0 }
};
static const struct key keys_mistral[] = {
	LLAMA_KEYS(32000, 14336, 131072, "num_key_value_heads", 8, 10000, false),
	UNUSED("sliding_window", "read by finish_mistral()"),
	{ 0 }
};
static const struct key keys_qwen[] = {
	LLAMA_KEYS(151936, 22016, 32768, "num_key_value_heads", 32, 10000, false),
	UNUSED("sliding_window", "read by finish_qwen()"), UNUSED("use_sliding_window", "read by finish_qwen()"),
	UNUSED("max_window_layers", "read by finish_qwen()"), UNUSED("layer_types", "read by finish_qwen()"),
	ONLY("use_mrope", false),
	{ 0 }
};
/* clang-format on */

static const struct sublayer decoder[] = {
	{ SELF, .norm = "input_layernorm", .q = "self_attn.q_proj", .k = "self_attn.k_proj",
		.v = "self_attn.v_proj", .out = "self_attn.o_proj" },
	{ FEED, .norm = "post_attention_layernorm", .gate = "mlp.gate_proj", .in = "mlp.up_proj",
		.out = "mlp.down_proj" },
	{ 0 }
};

static const struct sublayer decoder_qwen3[] = {
	{ SELF, .norm = "input_layernorm", .q = "self_attn.q_proj", .k = "self_attn.k_proj",
		.v = "self_attn.v_proj", .q_norm = "self_attn.q_norm", .k_norm = "self_attn.k_norm",
		.out = "self_attn.o_proj" },
	{ FEED, .norm = "post_attention_layernorm", .gate = "mlp.gate_proj", .in = "mlp.up_proj",
		.out = "mlp.down_proj" },
	{ 0 }
};

static const struct unused unused[] = {
	{ "*.rotary_emb.inv_freq", "the frequencies of rotary positions, kept as a buffer" },
	{ NULL, NULL },
};

/* The window, of all layers; a default of 0: none. */
static void finish_mistral(struct shape *s)
{
	const json_t *window = json_object_get(s->file.object, "sliding_window");

	s->window =
		window && json_is_null(window) ? 0 : json_int_or(&s->file, "sliding_window", 4096);
	if (s->window < 0)
		die("%s: 'sliding_window' is %ld; expected 1 or more, or null", s->file.path,
			s->window);
}

/* Which layers have the window: as layer_types says, else those from max_window_layers on. */
static const bool *windowed_layers(const struct shape *s)
{
	const json_t *types = json_find(&s->file, "layer_types");
	long from = json_int_or(&s->file, "max_window_layers", 28);
	bool *windowed = must_alloc((size_t)s->layers[DEC], sizeof *windowed);

	if (types && json_array_size(types) != (size_t)s->layers[DEC])
		die("%s: 'layer_types' is not a list of one for each layer", s->file.path);
	for (long i = 0; i < s->layers[DEC]; i++) {
		const char *type = json_string_value(json_array_get(types, (size_t)i));

		windowed[i] = types ? type && !strcmp(type, "sliding_attention") : i >= from;
		if (types && !windowed[i] && (!type || strcmp(type, "full_attention")))
			die("%s: 'layer_types' has '%s'; supported: full_attention, "
			    "sliding_attention",
				s->file.path, type ? type : "no text");
	}
	return windowed;
}

static void finish_qwen(struct shape *s)
{
	if (!json_bool_or(&s->file, "use_sliding_window", false))
		return;
	s->window = json_int_or(&s->file, "sliding_window", 4096);
	s->windowed = windowed_layers(s);
}

/* clang-format off */
#define LLAMA_LIKE(name, list, blocks, last)                                                         \
	{                                                                                            \
		.type = name, .prefix = "model.", .keys = list,                                      \
		.fixed = { .root_mean_square = true, .rotary = true, .norm_in_front = true,          \
			.final_norm = true, .mask = -1, .start = -1, .forced_bos = -1, .forced_eos = -1 }, \
		.stack = { [DEC] = { "model.layers.%d", blocks, .table = "model.embed_tokens",       \
				   .final_norm = "model.norm" } },                                   \
		.output = "lm_head", .unused = unused, .finish = last                                \
	}
/* clang-format on */

const struct family family_llama = LLAMA_LIKE("llama", keys_llama, decoder, NULL);
const struct family family_mistral = LLAMA_LIKE("mistral", keys_mistral, decoder, finish_mistral);
const struct family family_qwen2 = LLAMA_LIKE("qwen2", keys_qwen, decoder, finish_qwen);
const struct family family_qwen3 = LLAMA_LIKE("qwen3", keys_qwen, decoder_qwen3, finish_qwen);
