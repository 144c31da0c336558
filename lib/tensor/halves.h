/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_HALVES_H
#define LRP_TENSOR_HALVES_H

#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "checkpoints are read in place");

/* Numbers of 16 bits, and the floats that they are, exactly. Without branches, so that the compiler
 * makes vectors of them. */

static inline uint16_t half_load(const unsigned char *p)
{
	uint16_t h;

	memcpy(&h, p, sizeof h);
	return h;
}

static inline float float_of_bits(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

static inline uint32_t bits_of_float(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof bits);
	return bits;
}

/*
 * <f2: 1 sign, 5 exponent, 10 fraction bits: the exponent's bias grows from 15 to 127, an exponent
 * of 31 (infinity, NaN) becomes 255, and an exponent of 0 means fraction times 2^-24.
 */
static inline float half_to_float(uint16_t h)
{
	const uint32_t step = 112u << 23;
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = (uint32_t)(h & 0x7fff);
	uint32_t is_special = -(uint32_t)(rest >= 0x7c00), is_small = -(uint32_t)(rest < 0x0400);
	uint32_t normal = (rest << 13) + step + (step & is_special);
	uint32_t small = bits_of_float((float)(int32_t)rest * 0x1p-24f);

	return float_of_bits(sign | (small & is_small) | (normal & ~is_small));
}

/* bf16: the upper half of a float. */
static inline float brain_to_float(uint16_t h)
{
	return float_of_bits((uint32_t)h << 16);
}

/* The nearest bf16 of a finite float, of two the even one. */
static inline uint16_t brain_of_float(float f)
{
	uint32_t bits = bits_of_float(f);

	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif
