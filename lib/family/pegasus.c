/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PEGASUS (Zhang et al. 2020), with the names and defaults of Hugging Face's PegasusConfig: norms in
 * front of blocks and behind stacks, positions that are sinusoids where none are stored.
 */
#include "family/fairseq.h"

/* clang-format off */
static const struct key keys[] = {
	FAIRSEQ_SIZES(1024, 12, 12, 16, 16, 4096, 4096, 50265, 1024), FAIRSEQ_KEYS,
	WORD("activation_function", activation, function_names, GELU),
	FLAG("scale_embedding", scaled_embedding, false),
	ID("pad_token_id", pad, 0, EITHER_ID),           ID("decoder_start_token_id", start, 0, TARGET_ID),
	ID("bos_token_id", bos, -1, EITHER_ID),          ID("eos_token_id", eos, 1, FIRST_ID),
	ID("forced_eos_token_id", forced_eos, 1, TARGET_ID),
	ONLY("force_bos_token_to_be_generated", false),
	UNUSED("extra_pos_embeddings", "of learned positions alone"),
	UNUSED("do_blenderbot_90_layernorm", "of norms of embeddings alone"),
	FAIRSEQ_OLD_KEYS(true, true, false, true),
	{ 0 }
};
/* clang-format on */

const struct family family_pegasus = {
	.type = "pegasus",
	.tokenizer = "PegasusTokenizer",
	.keys = keys,
	.fixed = { .eps = 1e-5,
		.shared_tables = true,
		.norm_in_front = true,
		.final_norm = true,
		.sinusoids = true },
	FAIRSEQ_TENSORS,
	.output_bias = "final_logits_bias",
};
