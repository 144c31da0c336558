/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FAMILY_CONFIG_H
#define LRP_FAMILY_CONFIG_H

#include <stdbool.h>

#include "ckpt/json.h"
#include "graph/mask.h"

/* Our own key of config.json: the heads that were taken out, by kind and layer. */
#define PRUNED_HEADS "lrpipe_pruned_heads"

/*
 * config.json of a model directory, with the names and defaults of Hugging Face's MarianConfig.
 * Ids are inside the vocabularies; -1 stands for an id that is not given.
 */
struct model_config {
	struct json_file file;
	const char *directory;
	const char *model_type, *name; /* name: _name_or_path, else the directory's own */

	long d_model;
	long encoder_layers, decoder_layers;
	long encoder_attention_heads, decoder_attention_heads;
	struct mask pruned; /* heads that were taken out, by their numbers before */
	long encoder_ffn_dim, decoder_ffn_dim;
	int activation;			     /* enum function */
	long vocab_size, decoder_vocab_size; /* the same where both sides share a table */
	long max_position_embeddings;

	bool static_position_embeddings; /* computed; false: stored in the checkpoint */
	bool scale_embedding;
	bool tie_word_embeddings;
	bool share_encoder_decoder_embeddings;
	bool normalize_before;
	bool normalize_embedding;
	bool add_final_layer_norm;
	bool add_bias_logits;

	long pad_token_id, bos_token_id, eos_token_id; /* eos: the first, where there are several */
	long decoder_start_token_id, forced_eos_token_id;
};

/* Read and check it. Settings that ask for a computation we do not do are errors that name them. */
struct model_config *model_config_read(const char *directory);

/* An id (absent: -1) that has to be below `limit`; shared with the generation settings. */
long json_token_id(const struct json_file *f, const char *key, long otherwise, long limit);

#endif
