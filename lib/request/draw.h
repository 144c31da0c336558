/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REQUEST_DRAW_H
#define LRP_REQUEST_DRAW_H

#include <stdint.h>

#include "request/trace.h"

/*
 * Some steps of each sentence, drawn without replacement, each as likely as any other. Which ones
 * depends on the sentence's own tokens and on the seed, and on nothing else: not on its number, and
 * not on the sentences around it.
 */
struct draw {
	long most; /* steps of a sentence; -1: all */
	uint64_t seed;
};

/*
 * Each step in turn gets a number from SplitMix64; the steps with the least are drawn. So the draw
 * of fewer steps is a part of that of more. The generator starts at XXH3 (64 bits), seeded with
 * `seed`, of the tokens of the source's side, of the target's side, and of those that are predicted: of
 * each list its length, as 8 bytes, and its ids, as 4 bytes each; little-endian.
 */
void draw_steps(const struct draw *q, struct trace *t);

/* Where the generator of a trace's sentence starts. */
uint64_t draw_state(const struct trace *t, uint64_t seed);

/* The part of it that knows no tokens: into `step` [count] those of `of` steps, in their order. */
void draw_some(uint64_t state, int *step, long count, long of);

#endif
