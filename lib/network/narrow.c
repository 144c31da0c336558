/* SPDX-License-Identifier: Apache-2.0 */
#include "network/narrow.h"

#include <math.h>

#include "tensor/halves.h"
#include "tensor/vectorised.h"

/*
 * Sums that a row is added to in turn, so that none waits for the one before; and how many numbers
 * ahead memory is asked for, since the processor by itself does not look past the end of a page.
 */
enum { SUMS = 64, AHEAD = 1024, LINE = 32 };

typedef float to_float(uint16_t h);

/* sum_i w_i x_i */
ALWAYS_INLINE real dot(const unsigned char *w, long in, const real *x, to_float *number)
{
	real sum[SUMS] = { 0 }, all = 0;
	long i = 0;

	for (; i + SUMS <= in; i += SUMS) {
		for (int k = 0; k < SUMS; k += LINE)
			__builtin_prefetch(w + 2 * (i + AHEAD + k));
#pragma omp simd
		for (int k = 0; k < SUMS; k++)
			sum[k] += x[i + k] * number(half_load(w + 2 * (i + k)));
	}
	for (int k = 0; k < SUMS; k++)
		all += sum[k];
	for (; i < in; i++)
		all += x[i] * number(half_load(w + 2 * i));
	return all;
}

VECTORISED
static real dot_of_brains(const unsigned char *w, long in, const real *x)
{
	return dot(w, in, x, brain_to_float);
}

VECTORISED
static real dot_of_halves(const unsigned char *w, long in, const real *x)
{
	return dot(w, in, x, half_to_float);
}

bool narrow_takes(const char *type)
{
	return !strcmp(type, "bf16") || !strcmp(type, "<f2");
}

bool narrow_multiply(const struct tensor *stored, long count, long in, long rows, const real *x,
	int beta, real *y, long width)
{
	bool brains = !strcmp(stored->type, "bf16"), finite = true;
	const unsigned char *w = stored->data;

	for (long o = 0; o < count; o++, w += 2 * in)
		for (long r = 0; r < rows; r++) {
			real z = (brains ? dot_of_brains : dot_of_halves)(w, in, x + r * in);

			z += beta ? y[r * width + o] : 0;
			y[r * width + o] = z;
			finite &= isfinite(z);
		}
	return finite;
}
