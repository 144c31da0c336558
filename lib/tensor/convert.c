/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/convert.h"

#include <string.h>

#include "base/die.h"
#include "tensor/halves.h"
#include "tensor/vectorised.h"

/* Of q8_0: numbers of a block, and its bytes. */
enum { BLOCK = 32, BLOCK_SIZE = 2 + BLOCK };

VECTORISED
static void floats_of_halves(const unsigned char *restrict in, float *restrict out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = half_to_float(half_load(in + 2 * i));
}

VECTORISED
static void floats_of_brains(const unsigned char *restrict in, float *restrict out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = brain_to_float(half_load(in + 2 * i));
}

/* A product of 11 and 8 bits is exact. */
VECTORISED
static void floats_of_blocks(const unsigned char *restrict in, float *restrict out, size_t n)
{
	for (size_t b = 0; b < n / BLOCK; b++, in += BLOCK_SIZE, out += BLOCK) {
		float scale = half_to_float(half_load(in));

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
