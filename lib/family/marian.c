/* SPDX-License-Identifier: Apache-2.0 */
/* MarianMT (Junczys-Dowmunt et al. 2018), with the names and defaults of Hugging Face's
 * MarianConfig. */
#include "base/die.h"
#include "family/fairseq.h"

/*
 * The first versions made Marian of BART, which reads more; transformers 4.2 gave it a definition of
 * its own, in which norms follow, positions are sinusoids where none are stored, and the logits have
 * the bias that the checkpoint has.
 */
/* clang-format off */
static const struct key keys[] = {
	FAIRSEQ_SIZES(1024, 12, 12, 16, 16, 4096, 4096, 58101, 1024), FAIRSEQ_KEYS,
	INT("decoder_vocab_size", vocabulary[DEC], 0), /* as vocab_size */
	WORD("activation_function", activation, function_names, GELU),
	FLAG("scale_embedding", scaled_embedding, false),
	FLAG("share_encoder_decoder_embeddings", shared_tables, true),
	FLAG_BEFORE(402, "static_position_embeddings", sinusoids, true),
	FLAG_BEFORE(402, "normalize_before", norm_in_front, false),
	FLAG_BEFORE(402, "normalize_embedding", embedding_norm, false),
	FLAG_BEFORE(402, "add_final_layer_norm", final_norm, false),
	FLAG_BEFORE(402, "add_bias_logits", output_bias, false),
	ID("pad_token_id", pad, 58100, EITHER_ID),       ID("decoder_start_token_id", start, 58100, TARGET_ID),
	ID("bos_token_id", bos, -1, EITHER_ID),          ID("eos_token_id", eos, 0, FIRST_ID),
	ID("forced_eos_token_id", forced_eos, 0, TARGET_ID),
	UNUSED("extra_pos_embeddings", "of learned positions alone: see finish()"),
	UNUSED("force_bos_token_to_be_generated", "of BART alone"),
	{ 0 }
};
/* clang-format on */

/* Only learned positions have some extra ones in front of them. */
static void finish(struct shape *s)
{
	long extra = json_int_or(&s->file, "extra_pos_embeddings", 0);

	if (!s->sinusoids && extra)
		die("%s: 'extra_pos_embeddings' is %ld: not supported where "
		    "'static_position_embeddings' is false",
			s->file.path, extra);
}

const struct family family_marian = {
	.type = "marian",
	.tokenizer = "MarianTokenizer",
	.keys = keys,
	.fixed = { .eps = 1e-5 },
	FAIRSEQ_TENSORS,
	.output_bias = "final_logits_bias",
	.finish = finish,
};
