/* SPDX-License-Identifier: Apache-2.0 */
#include "family/family.h"

const struct family *const families[] = {
	&family_bert,
	&family_described,
	&family_distilbert,
	&family_gpt2,
	&family_llama,
	&family_marian,
	&family_mistral,
	&family_opt,
	&family_qwen2,
	&family_qwen3,
	&family_roberta,
	&family_xlm_roberta,
	NULL,
};
