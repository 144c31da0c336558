/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_RANDOM_H
#define LRP_BASE_RANDOM_H

#include <stdint.h>

/*
 * The next of a sequence of 64 random bits, the same on every machine: SplitMix64 (Steele, Lea and
 * Flood 2014, doi 10.1145/2660193.2660195). `state` is the seed before the first one.
 */
uint64_t random_next(uint64_t *state);

#endif
