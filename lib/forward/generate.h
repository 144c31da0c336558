/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FORWARD_GENERATE_H
#define LRP_FORWARD_GENERATE_H

#include "model/generation.h"
#include "network/op.h"
#include "record/tokens.h"

/*
 * Greedy generation for several sentences at once: at every step each takes the token with the
 * highest logit, as generation.h says, until its end of sentence. Keys and values of past
 * positions are kept, so a step computes one row a sentence. Without a source the decoder goes on
 * behind the tokens of `source`. `target` gets what was predicted, in the arena; `cut` where a
 * sentence came to its limit without an end of its own.
 */
void generate(struct network *net, const struct generation *g, int sentences,
	const struct tokens *source, struct tokens *target, bool *cut, struct arena *a);

/*
 * The token with the highest logit that may follow the tokens given so far (NULL, 0: only words
 * that are bad anywhere are left out), other than `except` (-1: any).
 */
int32_t generate_best(const struct generation *g, const real *logits, long vocabulary,
	const int32_t *given, long count, int32_t except);

#endif
