/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T5 (Raffel et al. 2020) with T5 v1.1 and Flan-T5, mT5 (Xue et al. 2021) and UMT5 (Chung et al. 2023),
 * with the names and defaults of Hugging Face's configurations. Root mean squares in front of blocks, no
 * bias anywhere, products of queries and keys as they are; positions are known by a table of distances
 * that scores add, the first layer's for all, in UMT5 one a layer. The first T5 has a plain feed-forward
 * network and the table of tokens as its output, by the root of the width; the others have a gate.
 */
#include <string.h>

#include "base/die.h"
#include "shape/family.h"

/* clang-format off */
#define T5_KEYS(words, wide, each, inside, count, head_count, tied)                                \
	INT("d_model", width, wide), INT("vocab_size", vocabulary[ENC], words),                    \
	INT("d_kv", head_width[ENC], each), INT_AS("d_kv", head_width[DEC], head_width[ENC]),      \
	INT("d_ff", inner[ENC], inside), INT_AS("d_ff", inner[DEC], inner[ENC]),                   \
	INT("num_heads", heads[ENC], head_count), INT_AS("num_heads", heads[DEC], heads[ENC]),     \
	INT("num_layers", layers[ENC], count),                                                     \
	INT_AS("num_decoder_layers", layers[DEC], layers[ENC]),                                    \
	INT("relative_attention_num_buckets", buckets, 32),                                        \
	INT("relative_attention_max_distance", longest, 128),                                      \
	REAL("layer_norm_epsilon", eps, 1e-6),                                                     \
	FLAG("tie_word_embeddings", tied_output, tied),                                            \
	ID("pad_token_id", pad, 0, EITHER_ID), ID("eos_token_id", eos, 1, FIRST_ID),               \
	ID("bos_token_id", bos, -1, EITHER_ID),                                                    \
	ID("decoder_start_token_id", start, 0, TARGET_ID),                                         \
	SAME("hidden_size", width, "'d_model'"), SAME("head_dim", head_width[ENC], "'d_kv'"),      \
	SAME("num_attention_heads", heads[ENC], "'num_heads'"),                                    \
	SAME("num_hidden_layers", layers[ENC], "'num_layers'"),                                    \
	ONLY("is_encoder_decoder", true),                                                          \
	UNUSED("feed_forward_proj", "read by finish()"), UNUSED("dense_act_fn", "read by finish()"), \
	UNUSED("is_gated_act", "read by finish()"),                                                \
	UNUSED("scale_decoder_outputs", "read by finish()"),                                       \
	UNUSED("n_positions", "positions have no limit"),                                          \
	UNUSED("dropout_rate", "only training"), UNUSED("initializer_factor", "only training"),    \
	UNUSED("classifier_dropout", "only training")

static const struct key keys_t5[] = { T5_KEYS(32128, 512, 64, 2048, 6, 8, true), { 0 } };
static const struct key keys_mt5[] = { T5_KEYS(250112, 512, 64, 1024, 8, 6, true), { 0 } };
static const struct key keys_umt5[] = {
	T5_KEYS(250112, 512, 64, 1024, 8, 6, true),
	UNUSED("scalable_attention", "a name that nothing reads"),
	{ 0 }
};
/* clang-format on */

#define ATTENTION(layer, name)                                                                     \
	.norm = layer ".layer_norm", .q = layer "." name ".q", .k = layer "." name ".k",           \
	.v = layer "." name ".v", .out = layer "." name ".o"
#define SELF_ATTENTION                                                                             \
	SELF, ATTENTION("layer.0", "SelfAttention"),                                               \
		.distances = "layer.0.SelfAttention.relative_attention_bias"
#define FEED_FORWARD(layer)                                                                        \
	FEED, .norm = layer ".layer_norm", .gate = layer ".DenseReluDense.wi_0",                   \
	      .in = layer ".DenseReluDense.wi_1", .in_ungated = layer ".DenseReluDense.wi",        \
	      .out = layer ".DenseReluDense.wo"

static const struct sublayer encoder[] = { { SELF_ATTENTION }, { FEED_FORWARD("layer.1") }, { 0 } };
static const struct sublayer decoder[] = { { SELF_ATTENTION },
	{ CROSS, ATTENTION("layer.1", "EncDecAttention") }, { FEED_FORWARD("layer.2") }, { 0 } };

static const struct unused unused[] = {
	{ "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
		"attention between two sides knows no distances" },
	{ NULL, NULL },
};

static int function_of(const struct shape *s, const char *word)
{
	for (int i = 0; function_names[i]; i++)
		if (strcmp(function_names[i], word) == 0)
			return i;
	die("%s: the feed-forward networks' function '%s' is not supported", s->file.path, word);
}

/* "relu", "gated-gelu": the function, behind the word that tells of a gate. "gated-gelu" is gelu_new. */
static void feed_forward(struct shape *s, const char *otherwise)
{
	const char *text = json_text_or(&s->file, "feed_forward_proj", otherwise);
	const char *dash = strchr(text, '-'), *word = dash ? dash + 1 : text;

	s->gated = dash != NULL;
	if (dash && strncmp(text, "gated-", 6) != 0)
		die("%s: 'feed_forward_proj' is '%s'; expected a function, or gated- and a function",
			s->file.path, text);
	if (strcmp(text, "gated-gelu") == 0)
		word = "gelu_new";
	if (json_bool_or(&s->file, "is_gated_act", s->gated) != s->gated)
		die("%s: 'is_gated_act' contradicts 'feed_forward_proj', '%s'", s->file.path, text);
	s->activation = function_of(s, json_text_or(&s->file, "dense_act_fn", word));
}

/* Files of version 5 call every output tied, and tell by the scale which one is. */
static void finish(struct shape *s, const char *feed)
{
	feed_forward(s, feed);
	s->scaled_output = json_bool_or(&s->file, "scale_decoder_outputs", s->tied_output);
	s->tied_output &= s->scaled_output;
}

static void finish_t5(struct shape *s)
{
	finish(s, "relu");
}

static void finish_later(struct shape *s)
{
	finish(s, "gated-gelu");
}

#define T5_LIKE(name, list, ends, first, ...)                                                      \
	{                                                                                          \
		.type = name, .keys = list,                                                        \
		.fixed = { .root_mean_square = true,                                               \
			.norm_in_front = true,                                                     \
			.final_norm = true,                                                        \
			.shared_tables = true,                                                     \
			.first_distances = first,                                                  \
			.score_scale = 1,                                                          \
			.positions = 100000000 },                                                  \
		.stack = { [ENC] = { "encoder.block.%d", encoder, .table = "encoder.embed_tokens", \
				   .final_norm = "encoder.final_layer_norm" },                     \
			[DEC] = { "decoder.block.%d", decoder, .table = "decoder.embed_tokens",    \
				.final_norm = "decoder.final_layer_norm" } },                      \
		.shared_table = "shared", .output = "lm_head", .unused = unused, .finish = ends,   \
		.tokenizer = "T5Tokenizer", __VA_ARGS__                                            \
	}

const struct family family_t5 = T5_LIKE("t5", keys_t5, finish_t5, true, );
const struct family family_mt5 = T5_LIKE("mt5", keys_mt5, finish_later, true, );
const struct family family_umt5 =
	T5_LIKE("umt5", keys_umt5, finish_later, false, .class = "UMT5ForConditionalGeneration");
