/* SPDX-License-Identifier: Apache-2.0 */
#include "shape/config_keys.h"

#include <stdio.h>
#include <string.h>

#include "base/die.h"

/* Keys separated by spaces, and why they change nothing. */
static const struct {
	const char *why, *keys;
} known[] = {
	{ "read for every family: config.c, config_keys.c",
		"model_type transformers_version pruned_heads lrpipe_pruned_heads" },
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
		"dropout attention_dropout hidden_dropout activation_dropout classifier_dropout classif_dropout "
		"encoder_layerdrop decoder_layerdrop layerdrop hidden_dropout_prob "
		"attention_probs_dropout_prob embd_pdrop attn_pdrop resid_pdrop init_std "
		"initializer_range gradient_checkpointing" },
	{ "only what is returned, and how it is computed",
		"output_attentions output_hidden_states output_past output_scores output_logits "
		"return_dict use_return_dict return_dict_in_generate torchscript torch_dtype dtype "
		"use_bfloat16 tf_legacy_loss xla_device chunk_size_feed_forward "
		"attn_implementation keys_to_ignore_at_inference" },
	{ "other tasks and other classes than the one that predicts tokens",
		"architectures id2label label2id num_labels problem_type finetuning_task "
		"task_specific_params summary_type summary_use_proj summary_activation "
		"summary_proj_to_labels summary_first_dropout qa_dropout seq_classif_dropout" },
	{ "notes, and the tokeniser's",
		"name_or_path tokenizer_class prefix cls_token_id sep_token_id unk_token_id" },
};

/* What changes the computation in ways we do not follow, where it is not empty or false. */
static const struct {
	const char *key, *why;
} refused[] = {
	{ "quantization_config",
		"quantized weights are not supported; dequantize them (dequantize() "
		"of transformers) and save the model again" },
	{ "compression_config", "quantized weights are not supported; decompress them and save the "
				"model again" },
	{ "tie_encoder_decoder", "layers that both sides share are not supported" },
	{ "is_decoder", "an encoder that is made a decoder is not supported" },
	{ "add_cross_attention", "attention that is added to a decoder is not supported" },
	{ "cross_attention_hidden_size", "attention between sides of two widths is not supported" },
	{ "do_blenderbot_90_layernorm", "not supported" },
	{ "auto_map", "a model with code of its own is not supported" },
};

/* Is the word one of the list? */
static bool among(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == n && strncmp(p, word, n) == 0)
			return true;
	return false;
}

static bool is_known(const char *key)
{
	if (*key == '_') /* what a version of the class wrote down for itself */
		return true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (among(known[i].keys, key))
			return true;
	return false;
}

static bool is_in_table(const struct family *family, const char *key)
{
	for (const struct key *k = family->keys; k->name; k++)
		if (strcmp(k->name, key) == 0)
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

void config_check_keys(const struct json_file *f, const struct family *family)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)f->object, key, value)
	{
		if (is_in_table(family, key) || is_known(key) || is_refused(f, key, value))
			continue;
		die("%s: '%s' is no setting of a '%s' model that is known here; remove it if it "
		    "does not change the computation",
			f->path, key, family->type);
	}
}

int config_version(const struct json_file *f)
{
	int major = 0, minor = 0;

	sscanf(json_text_or(f, "transformers_version", ""), "%4d.%4d", &major, &minor);
	return 100 * major + minor;
}

/*
 * By kind, layer and head: {"enc-self": {"0": [1]}}. Our own key has it; files of the first
 * versions have it under `pruned_heads`, where others keep lists by layer alone, which do not say
 * which of the kinds of heads they mean.
 */
struct mask config_pruned(const struct json_file *f)
{
	const json_t *own = json_find(f, PRUNED_HEADS), *old = json_find(f, "pruned_heads");
	const char *kind;
	json_t *layers;
	bool foreign =
		json_array_size(old) > 0 || (old && !json_is_object(old) && !json_is_array(old));

	if (own && !json_is_object(own))
		die("%s: '" PRUNED_HEADS "' must be an object", f->path);
	json_object_foreach((json_t *)old, kind, layers) if (!json_is_object(layers)) foreign =
		true;
	if (foreign)
		die("%s: 'pruned_heads' is not empty, and does not say of which kind the heads are; "
		    "if they were taken out of the weights, list them under '" PRUNED_HEADS
		    "' as in {\"enc-self\": {\"0\": [1]}}, else remove it",
			f->path);
	if (json_object_size(own) && json_object_size(old))
		die("%s: has both 'pruned_heads' and '" PRUNED_HEADS "'", f->path);
	return mask_of_json(
		json_object_size(own) ? own : old, f->path, must_alloc(1, sizeof(struct arena)));
}
