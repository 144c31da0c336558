/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RELEASE_NPZ_MODEL_H
#define LRP_RELEASE_NPZ_MODEL_H

#include "pack/json.h"

/*
 * What Marian's special:model.yml says of a transformer, as far as it is not the same in all that are
 * supported.
 */
struct npz_model {
	const char *path; /* of the options, for messages */
	long layers[2];	  /* of encoder and decoder */
	long tokens[2];	  /* of the source's and the target's vocabulary, without the padding */
	long width, heads, inner[2];
	const char *activation;
	bool shared;	/* both sides read one table, Wemb */
	bool tied;	/* the output's weights are the target's table */
	bool bias;	/* of the logits */
	bool in_front;	/* norms stand in front of blocks, not behind them */
	bool embedding; /* norms of embeddings */
	bool top;	/* norms behind the layers */
};

/* Dies, naming an option, on one that we do not know, or that asks for what we do not compute. */
struct npz_model npz_model_read(const struct json_file *options);

/*
 * The settings of the same model in the words of the config.json that Hugging Face's converter writes
 * (convert_marian_to_pytorch.py): the padding is a token behind the vocabulary, with which targets
 * begin. `eos` is the end of sentence.
 */
json_t *npz_model_config(const struct npz_model *m, long eos);

#endif
