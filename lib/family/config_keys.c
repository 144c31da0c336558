/* SPDX-License-Identifier: Apache-2.0 */
#include "family/config_keys.h"

#include <stdio.h>
#include <string.h>

#include "base/die.h"

/* Keys separated by spaces, and what becomes of them. */
static const struct {
	const char *why, *keys;
} decided[] = {
	{ "honoured: model/config.c",
		"model_type is_encoder_decoder d_model encoder_layers decoder_layers "
		"encoder_attention_heads decoder_attention_heads encoder_ffn_dim decoder_ffn_dim "
		"activation_function vocab_size decoder_vocab_size max_position_embeddings "
		"static_position_embeddings extra_pos_embeddings scale_embedding "
		"tie_word_embeddings share_encoder_decoder_embeddings normalize_before "
		"normalize_embedding add_final_layer_norm add_bias_logits pad_token_id "
		"bos_token_id eos_token_id decoder_start_token_id forced_eos_token_id "
		"pruned_heads lrpipe_pruned_heads transformers_version" },
	{ "decoding: model/generation.c honours, ignores or refuses them where tokens are "
	  "generated",
		"max_length max_new_tokens bad_words_ids do_sample repetition_penalty "
		"encoder_repetition_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size "
		"min_length min_new_tokens forced_bos_token_id forced_decoder_ids suppress_tokens "
		"begin_suppress_tokens sequence_bias exponential_decay_length_penalty "
		"force_words_ids constraints penalty_alpha guidance_scale stop_strings "
		"watermarking_config dola_layers max_time token_healing" },
	{ "only beam search, sampling or a faster way to the same tokens",
		"num_beams num_beam_groups early_stopping length_penalty diversity_penalty "
		"num_return_sequences renormalize_logits temperature top_k top_p top_h min_p "
		"typical_p epsilon_cutoff eta_cutoff low_memory remove_invalid_values "
		"prompt_lookup_num_tokens max_matching_ngram_size is_assistant "
		"num_assistant_tokens num_assistant_tokens_schedule assistant_confidence_threshold "
		"assistant_early_exit assistant_lookbehind target_lookbehind use_cache "
		"cache_implementation cache_config return_legacy_cache prefill_chunk_size "
		"compile_config disable_compile generation_kwargs" },
	{ "only training",
		"dropout attention_dropout activation_dropout classifier_dropout classif_dropout "
		"encoder_layerdrop decoder_layerdrop init_std gradient_checkpointing" },
	{ "only what is returned, and how it is computed",
		"output_attentions output_hidden_states output_past output_scores output_logits "
		"return_dict use_return_dict return_dict_in_generate torchscript torch_dtype dtype "
		"use_bfloat16 tf_legacy_loss xla_device chunk_size_feed_forward "
		"attn_implementation keys_to_ignore_at_inference" },
	{ "other tasks and other classes than MarianMTModel",
		"architectures id2label label2id num_labels problem_type finetuning_task "
		"task_specific_params add_cross_attention cross_attention_hidden_size" },
	{ "notes, and the tokeniser's", "name_or_path tokenizer_class prefix sep_token_id" },
	{ "set from encoder_layers, whatever it is", "num_hidden_layers" },
	{ "of BART alone", "force_bos_token_to_be_generated" },
};

/* What changes the computation in ways we do not follow, where it is not empty or false. */
static const struct {
	const char *key, *why;
} refused[] = {
	{ "quantization_config", "quantized weights are not supported" },
	{ "compression_config", "quantized weights are not supported" },
	{ "tie_encoder_decoder", "layers that both sides share are not supported" },
	{ "is_decoder", "a decoder alone is not supported" },
	{ "do_blenderbot_90_layernorm", "not supported" },
	{ "auto_map", "a model with code of its own is not supported" },
};

/* Other names of settings: they are taken where they say the same. */
static void check_same(const struct json_file *f, const char *key, long value, const char *of)
{
	long n = json_int_or(f, key, value);

	if (n != value)
		die("%s: '%s' is %ld, but %s is %ld", f->path, key, n, of, value);
}

static bool is_other_name(const struct json_file *f, const char *key)
{
	long width = json_int_or(f, "d_model", 1024);
	long heads = json_int_or(f, "encoder_attention_heads", 16);

	if (strcmp(key, "hidden_size") == 0)
		check_same(f, key, width, "'d_model'");
	else if (strcmp(key, "num_attention_heads") == 0)
		check_same(f, key, heads, "'encoder_attention_heads'");
	else if (strcmp(key, "head_dim") == 0 && heads > 0)
		check_same(f, key, width / heads, "'d_model' by 'encoder_attention_heads'");
	else
		return false;
	return true;
}

/* Is the word one of the list? */
static bool among(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == n && strncmp(p, word, n) == 0)
			return true;
	return false;
}

static bool is_decided(const char *key)
{
	if (*key == '_') /* what a version of the class wrote down for itself */
		return true;
	for (size_t i = 0; i < sizeof decided / sizeof *decided; i++)
		if (among(decided[i].keys, key))
			return true;
	return false;
}

static bool is_empty(const json_t *value)
{
	return json_is_null(value) || json_is_false(value) ||
	       (json_is_array(value) && !json_array_size(value)) ||
	       (json_is_object(value) && !json_object_size(value));
}

/* Is it one of those, and empty? */
static bool is_refused(const struct json_file *f, const char *key, const json_t *value)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		if (strcmp(refused[i].key, key) != 0)
			continue;
		if (!is_empty(value))
			die("%s: '%s' is set: %s", f->path, key, refused[i].why);
		return true;
	}
	return false;
}

void config_check_keys(const struct json_file *f)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)f->object, key, value)
	{
		if (is_decided(key) || is_refused(f, key, value) || is_other_name(f, key))
			continue;
		die("%s: '%s' is no setting of Marian that is known here; remove it if it does not "
		    "change the computation",
			f->path, key);
	}
}

bool config_ignores_bart(const struct json_file *f)
{
	const char *version = json_text_or(f, "transformers_version", "0.0");
	int major = 0, minor = 0;

	sscanf(version, "%d.%d", &major, &minor);
	return major > 4 || (major == 4 && minor >= 2);
}
