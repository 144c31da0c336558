/* SPDX-License-Identifier: Apache-2.0 */
#include "family/family.h"

const struct family *const families[] = {
	&family_bart,
	&family_bert,
	&family_blenderbot,
	&family_blenderbot_small,
	&family_described,
	&family_distilbert,
	&family_gemma,
	&family_gemma3,
	&family_gpt2,
	&family_llama,
	&family_m2m100,
	&family_marian,
	&family_mbart,
	&family_mistral,
	&family_neox,
	&family_olmo2,
	&family_opt,
	&family_pegasus,
	&family_phi3,
	&family_qwen2,
	&family_qwen3,
	&family_roberta,
	&family_xlm_roberta,
	NULL,
};
