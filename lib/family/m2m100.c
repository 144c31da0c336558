/* SPDX-License-Identifier: Apache-2.0 */
/*
 * M2M100 (Fan et al. 2021) and NLLB-200 (2022), with the names and defaults of Hugging Face's
 * M2M100Config: norms in front of blocks and behind stacks. Positions are computed whatever the
 * checkpoint has, and counted from the padding token's id + 1.
 */
#include "family/fairseq.h"

/* clang-format off */
static const struct key keys[] = {
	FAIRSEQ_SIZES(1024, 12, 12, 16, 16, 4096, 4096, 128112, 1024), FAIRSEQ_KEYS,
	WORD("activation_function", activation, function_names, RELU),
	FLAG("scale_embedding", scaled_embedding, true),
	ID("pad_token_id", pad, 1, EITHER_ID),           ID("decoder_start_token_id", start, 2, TARGET_ID),
	ID("bos_token_id", bos, 0, EITHER_ID),           ID("eos_token_id", eos, 2, FIRST_ID),
	ID("forced_eos_token_id", forced_eos, -1, TARGET_ID),
	ONLY("force_bos_token_to_be_generated", false),
	UNUSED("normalize_before", "no version reads it"),
	UNUSED("add_final_layer_norm", "no version reads it"),
	UNUSED("normalize_embedding", "no version reads it"),
	UNUSED("static_position_embeddings", "no version reads it"),
	UNUSED("extra_pos_embeddings", "no version reads it"),
	UNUSED("add_bias_logits", "no version reads it"),
	{ 0 }
};
/* clang-format on */

const struct family family_m2m100 = {
	.type = "m2m_100",
	.tokenizer = "M2M100Tokenizer",
	.keys = keys,
	.fixed = { .eps = 1e-5,
		.shared_tables = true,
		.norm_in_front = true,
		.final_norm = true,
		.sinusoids = true,
		.inclusive = true,
		.behind_pad = true },
	FAIRSEQ_NAMES(NULL, NULL),
};
