/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Llama (Touvron et al. 2023), with the names and defaults of Hugging Face's configurations: a decoder
 * alone, root mean squares in front of blocks, rotary positions, heads that share keys and values, a
 * gate in the feed-forward network. Mistral sees a window of keys; Qwen has biases, then norms of
 * queries and keys; OLMo 2 has norms behind its blocks.
 */
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "family/llama_keys.h"

/* clang-format off */
static const struct key keys_llama[] = {
	LLAMA_KEYS(32000, 11008, 2048, 0, SILU, false, 10000), INT("head_dim", head_width[DEC], 0),
	{ 0 }
};
static const struct key keys_mistral[] = {
	LLAMA_KEYS(32000, 14336, 131072, 8, SILU, false, 10000), INT("head_dim", head_width[DEC], 0),
	UNUSED("sliding_window", "read by finish_mistral()"),
	{ 0 }
};
#define QWEN_WINDOW                                                                                  \
	UNUSED("sliding_window", "read by finish_qwen()"),                                           \
	UNUSED("use_sliding_window", "read by finish_qwen()"),                                       \
	UNUSED("max_window_layers", "read by finish_qwen()"),                                        \
	UNUSED("layer_types", "read by finish_qwen()")
static const struct key keys_qwen[] = {
	LLAMA_KEYS(151936, 22016, 32768, 32, SILU, false, 10000),
	QWEN_WINDOW,
	ONLY("use_mrope", false),
	{ 0 }
};
static const struct key keys_qwen3[] = {
	LLAMA_KEYS(151936, 22016, 32768, 32, SILU, false, 10000), INT("head_dim", head_width[DEC], 128),
	QWEN_WINDOW,
	{ 0 }
};
static const struct key keys_olmo2[] = {
	LLAMA_KEYS(50304, 11008, 2048, 0, SILU, false, 10000),
	{ 0 }
};
/* clang-format on */

const struct sublayer llama_decoder[] = {
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

static const struct sublayer decoder_olmo2[] = {
	{ SELF, .q = "self_attn.q_proj", .k = "self_attn.k_proj", .v = "self_attn.v_proj",
		.q_norm = "self_attn.q_norm", .k_norm = "self_attn.k_norm", .norm_heads = true,
		.out = "self_attn.o_proj", .norm_out = "post_attention_layernorm" },
	{ FEED, .gate = "mlp.gate_proj", .in = "mlp.up_proj", .out = "mlp.down_proj",
		.norm_out = "post_feedforward_layernorm" },
	{ 0 }
};

const struct unused llama_unused[] = {
	{ "*rotary_emb.inv_freq", "the frequencies of rotary positions, kept as a buffer" },
	{ "rope_freqs.weight", "factors of those in GGUF, which are read as settings" },
	{ NULL, NULL },
};

const bool *windowed_layers(
	const struct shape *s, bool (*otherwise)(const struct shape *s, long layer))
{
	const json_t *types = json_find(&s->file, "layer_types");
	bool *windowed = must_alloc((size_t)s->layers[DEC], sizeof *windowed);

	if (types && json_array_size(types) != (size_t)s->layers[DEC])
		die("%s: 'layer_types' is not a list of one for each layer", s->file.path);
	for (long i = 0; i < s->layers[DEC]; i++) {
		const char *type = json_string_value(json_array_get(types, (size_t)i));

		windowed[i] = types ? type && !strcmp(type, "sliding_attention") : otherwise(s, i);
		if (types && !windowed[i] && (!type || strcmp(type, "full_attention")))
			die("%s: 'layer_types' has '%s'; supported: full_attention, "
			    "sliding_attention",
				s->file.path, type ? type : "no text");
	}
	return windowed;
}

long window_of(const struct shape *s, long otherwise)
{
	const long limit = 100000000;
	const json_t *value = json_object_get(s->file.object, "sliding_window");
	long window = value ? json_int_or(&s->file, "sliding_window", 0) : otherwise;

	if (value && !json_is_null(value) && (window < 1 || window > limit))
		die("%s: 'sliding_window' is %ld; expected 1 to %ld, or null", s->file.path, window,
			limit);
	return window;
}

static void finish_mistral(struct shape *s)
{
	s->window = window_of(s, 4096);
}

static bool from_max_window_layers(const struct shape *s, long layer)
{
	return layer >= json_int_or(&s->file, "max_window_layers", 28);
}

static void finish_qwen(struct shape *s)
{
	if (!json_bool_or(&s->file, "use_sliding_window", false))
		return;
	s->window = window_of(s, 4096);
	s->windowed = windowed_layers(s, from_max_window_layers);
}

const struct family family_llama =
	LLAMA_LIKE("llama", "LlamaTokenizer", keys_llama, llama_decoder, NULL, LLAMA_FIXED);
const struct family family_mistral = LLAMA_LIKE(
	"mistral", "LlamaTokenizer", keys_mistral, llama_decoder, finish_mistral, LLAMA_FIXED);
const struct family family_qwen2 =
	LLAMA_LIKE("qwen2", "Qwen2Tokenizer", keys_qwen, llama_decoder, finish_qwen, LLAMA_FIXED);
const struct family family_qwen3 =
	LLAMA_LIKE("qwen3", "Qwen2Tokenizer", keys_qwen3, decoder_qwen3, finish_qwen, LLAMA_FIXED);
const struct family family_olmo2 =
	LLAMA_LIKE("olmo2", "GPT2Tokenizer", keys_olmo2, decoder_olmo2, NULL, LLAMA_FIXED);
