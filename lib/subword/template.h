/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SUBWORD_TEMPLATE_H
#define LRP_SUBWORD_TEMPLATE_H

#include "pack/json.h"
#include "subword/model.h"

/* The tokens that stand in front of a text, and behind it. */
struct template
{
	struct subwords front, behind;
};

/*
 * Of a single text, by the "post_processor" of a tokenizer.json; of several in a Sequence what all
 * put there.
 */
struct template template_open(const struct json_file *tokenizer, struct arena *a);

#endif
