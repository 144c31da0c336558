/* SPDX-License-Identifier: Apache-2.0 */
#include "shape/family.h"

/* clang-format off */
#define EACH(family) \
	family(bart) \
	family(bert) \
	family(blenderbot) \
	family(blenderbot_small) \
	family(described) \
	family(distilbert) \
	family(gemma) \
	family(gemma2) \
	family(gemma3) \
	family(gpt2) \
	family(llama) \
	family(m2m100) \
	family(marian) \
	family(mbart) \
	family(mistral) \
	family(mt5) \
	family(neox) \
	family(olmo2) \
	family(opt) \
	family(pegasus) \
	family(phi3) \
	family(qwen2) \
	family(qwen3) \
	family(roberta) \
	family(t5) \
	family(umt5) \
	family(xlm_roberta)
/* clang-format on */

#define DECLARATION(name) extern const struct family family_##name;
#define ROW(name) &family_##name,

EACH(DECLARATION)

const struct family *const families[] = { EACH(ROW) NULL };
