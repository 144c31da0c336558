/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/convert.h"

#include <string.h>

#include "base/die.h"

/* Of q8_0: numbers of a block, and its bytes. */
enum { BLOCK = 32, BLOCK_SIZE = 2 + BLOCK };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "checkpoints are read in place");

static inline uint16_t load_half(const unsigned char *p)
{
	uint16_t h;

	memcpy(&h, p, sizeof h);
	return h;
}

static inline float float_of(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

static inline uint32_t bits_of(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof bits);
	return bits;
}

/*
 * 1 sign, 5 exponent, 10 fraction bits: the exponent's bias grows from 15 to 127, an exponent of
 * 31 (infinity, NaN) becomes 255, and an exponent of 0 means fraction times 2^-24. Without
 * branches, so that the compiler makes vectors of it.
 */
static inline float half_to_float(uint16_t h)
{
	const uint32_t step = 112u << 23;
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = (uint32_t)(h & 0x7fff);
	uint32_t is_special = -(uint32_t)(rest >= 0x7c00), is_small = -(uint32_t)(rest < 0x0400);
	uint32_t normal = (rest << 13) + step + (step & is_special);
	uint32_t small = bits_of((float)(int32_t)rest * 0x1p-24f);

	return float_of(sign | (small & is_small) | (normal & ~is_small));
}

static inline float brain_to_float(uint16_t h)
{
	return float_of((uint32_t)h << 16);
}

static void floats_of_halves(const unsigned char *restrict in, float *restrict out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = half_to_float(load_half(in + 2 * i));
}

static void floats_of_brains(const unsigned char *restrict in, float *restrict out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = brain_to_float(load_half(in + 2 * i));
}

/* A product of 11 and 8 bits is exact. */
static void floats_of_blocks(const unsigned char *restrict in, float *restrict out, size_t n)
{
	for (size_t b = 0; b < n / BLOCK; b++, in += BLOCK_SIZE, out += BLOCK) {
		float scale = half_to_float(load_half(in));

		for (int i = 0; i < BLOCK; i++)
			out[i] = scale * (float)(int8_t)in[2 + i];
	}
}

bool weights_blocked(const char *type)
{
	return strcmp(type, "q8_0") == 0;
}

size_t weights_size(const char *type, size_t count)
{
	return weights_blocked(type) ? count / BLOCK * BLOCK_SIZE : count * tensor_element(type);
}

void tensor_to_floats(const struct tensor *t, float *out)
{
	if (!t->count)
		return;
	if (!strcmp(t->type, "<f4"))
		memcpy(out, t->data, t->count * sizeof *out);
	else if (!strcmp(t->type, "<f2"))
		floats_of_halves(t->data, out, t->count);
	else if (!strcmp(t->type, "bf16"))
		floats_of_brains(t->data, out, t->count);
	else if (weights_blocked(t->type))
		floats_of_blocks(t->data, out, t->count);
	else
		die("weights of type '%s' are not supported", t->type);
}

/* Through floats, which hold every such number, in pieces that stay in the cache. */
void tensor_to_doubles(const struct tensor *t, double *out)
{
	enum { PIECE = 1024 }; /* whole blocks */
	float floats[PIECE];
	struct tensor piece = *t;

	for (size_t start = 0; start < t->count; start += PIECE) {
		piece.data = (const unsigned char *)t->data + weights_size(t->type, start);
		piece.count = t->count - start < PIECE ? t->count - start : PIECE;
		tensor_to_floats(&piece, floats);
		for (size_t i = 0; i < piece.count; i++)
			out[start + i] = floats[i];
	}
}
