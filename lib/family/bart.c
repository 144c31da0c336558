/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BART (Lewis et al. 2020) and mBART, mBART-50 (Liu et al. 2020, Tang et al. 2020), with the names and
 * defaults of Hugging Face's BartConfig and MBartConfig. Learned positions begin at the third row of
 * their table, and embeddings are normalised. BART's norms follow its blocks; mBART's stand in front of
 * them, with one behind each stack.
 */
#include "family/fairseq.h"

/* clang-format off */
#define SHARED_KEYS                                                                                \
	FAIRSEQ_SIZES(1024, 12, 12, 16, 16, 4096, 4096, 50265, 1024), FAIRSEQ_KEYS,                \
	WORD("activation_function", activation, function_names, GELU),                             \
	FLAG("scale_embedding", scaled_embedding, false),                                          \
	ID("pad_token_id", pad, 1, EITHER_ID), ID("bos_token_id", bos, 0, EITHER_ID),              \
	ID("eos_token_id", eos, 2, FIRST_ID),                                                      \
	ID("forced_bos_token_id", forced_bos, -1, TARGET_ID),                                      \
	ID("forced_eos_token_id", forced_eos, 2, TARGET_ID),                                       \
	ONLY_BEFORE(402, "do_blenderbot_90_layernorm", false)

static const struct key bart_keys[] = {
	SHARED_KEYS,
	ID("decoder_start_token_id", start, 2, TARGET_ID),
	FLAG("force_bos_token_to_be_generated", bos_forced, false),
	FAIRSEQ_OLD_KEYS(false, false, true, false), FAIRSEQ_OLD_ROWS(2),
	{ 0 }
};

static const struct key mbart_keys[] = {
	SHARED_KEYS,
	ID("decoder_start_token_id", start, -1, TARGET_ID), /* the language of the target */
	ONLY("force_bos_token_to_be_generated", false),
	FAIRSEQ_OLD_KEYS(true, true, true, false), FAIRSEQ_OLD_ROWS(2),
	{ 0 }
};
/* clang-format on */

const struct family family_bart = {
	.type = "bart",
	.tokenizer = "BartTokenizer",
	.keys = bart_keys,
	.fixed = { .eps = 1e-5,
		.shared_tables = true,
		.embedding_norm = true,
		.first_position = 2 },
	FAIRSEQ_TENSORS,
	.output_bias = "final_logits_bias",
};

const struct family family_mbart = {
	.type = "mbart",
	.tokenizer = "MBartTokenizer",
	.keys = mbart_keys,
	.fixed = { .eps = 1e-5,
		.shared_tables = true,
		.embedding_norm = true,
		.norm_in_front = true,
		.final_norm = true,
		.first_position = 2 },
	FAIRSEQ_TENSORS,
	.output_bias = "final_logits_bias",
};
