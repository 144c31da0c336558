/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blenderbot and its small predecessor of 90 million parameters (Roller et al. 2021), with the names
 * and defaults of Hugging Face's BlenderbotConfig and BlenderbotSmallConfig. Blenderbot's norms stand
 * in front of blocks and behind stacks; those of the small one follow its blocks, and normalise
 * embeddings: the encoder's with their positions, the decoder's before positions are added.
 */
#include "family/fairseq.h"

/* clang-format off */
#define SHARED_KEYS                                                                                \
	FAIRSEQ_KEYS,                                                                              \
	WORD("activation_function", activation, function_names, GELU),                             \
	FLAG("scale_embedding", scaled_embedding, false),                                          \
	ID("pad_token_id", pad, 0, EITHER_ID), ID("bos_token_id", bos, 1, EITHER_ID),              \
	ID("eos_token_id", eos, 2, FIRST_ID), ID("decoder_start_token_id", start, 1, TARGET_ID),   \
	ID("forced_eos_token_id", forced_eos, 2, TARGET_ID),                                       \
	ONLY("force_bos_token_to_be_generated", false),                                            \
	UNUSED("layernorm_variant", "a note of where the weights came from"),                      \
	UNUSED("extra_layer_norm", "a note of where the weights came from"),                       \
	UNUSED("variant", "a note of where the weights came from"),                                \
	UNUSED("save_step", "a note of the training")

static const struct key keys[] = {
	FAIRSEQ_SIZES(2560, 2, 24, 32, 32, 10240, 10240, 8008, 128), SHARED_KEYS,
	COUNT("encoder_no_repeat_ngram_size", encoder_ngrams, 3),
	UNUSED("do_blenderbot_90_layernorm", "of norms of embeddings alone"),
	FAIRSEQ_OLD_KEYS(true, true, false, false), FAIRSEQ_OLD_ROWS(0),
	{ 0 }
};

static const struct key small_keys[] = {
	FAIRSEQ_SIZES(512, 8, 8, 16, 16, 2048, 2048, 50265, 512), SHARED_KEYS,
	ONLY_BEFORE(402, "do_blenderbot_90_layernorm", true),
	FAIRSEQ_OLD_KEYS(false, false, true, false), FAIRSEQ_OLD_ROWS(0),
	{ 0 }
};
/* clang-format on */

const struct family family_blenderbot = {
	.type = "blenderbot",
	.tokenizer = "BlenderbotTokenizer",
	.keys = keys,
	.fixed = { .eps = 1e-5, .shared_tables = true, .norm_in_front = true, .final_norm = true },
	FAIRSEQ_TENSORS,
	.output_bias = "final_logits_bias",
};

const struct family family_blenderbot_small = {
	.type = "blenderbot-small",
	.tokenizer = "BlenderbotSmallTokenizer",
	.keys = small_keys,
	.fixed = { .eps = 1e-5,
		.shared_tables = true,
		.embedding_norm = true,
		.norm_of_tokens = true },
	FAIRSEQ_TENSORS,
	.output_bias = "final_logits_bias",
};
