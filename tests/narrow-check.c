/* SPDX-License-Identifier: Apache-2.0 */
/*
 * narrow-check: products of a few rows with weights of 16 bits, as a checkpoint stores them, against
 * the sums written out. All numbers are multiples of 1/64 from -1 to 1, so that sums have no rounding.
 * Writes how many numbers were looked at; ends with 1 where one is wrong, or where an infinite
 * weight is not noticed. narrow-single-check.c is the same in single precision.
 */
#ifndef SINGLE
#define REAL_IS_DOUBLE
#endif
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/narrow.h"

enum { WIDTH = 9, MOST = 200, ROWS = 4 };

static uint64_t state = 1;
static long looked_at, wrong;

static double number(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (double)((long)(state >> 57) - 64) / 64;
}

/* The bits of such a number: sign, exponent, the upper bits of the fraction. */
static uint16_t bits(double x, const char *type)
{
	int exponent = 0;
	double size = x < 0 ? -x : x;

	if (x == 0)
		return 0;
	for (; size < 1; size *= 2)
		exponent--;
	int fraction = strcmp(type, "bf16") ? 10 : 7, bias = strcmp(type, "bf16") ? 15 : 127;

	return (uint16_t)((x < 0) << 15 | (exponent + bias) << fraction |
			  (int)((size - 1) * (1 << fraction)));
}

static void try(const char *type, long count, long in, long rows, int beta, bool infinite)
{
	static double w[WIDTH * MOST];
	static uint16_t stored[WIDTH * MOST];
	static real x[ROWS * MOST], y[ROWS * (WIDTH + 2)], before[ROWS * (WIDTH + 2)];
	long width = count + 2;
	struct tensor t = { .data = (const char *)stored, .count = (size_t)(count * in) };

	strcpy(t.type, type);
	for (long i = 0; i < count * in; i++)
		stored[i] = bits(w[i] = number(), type);
	for (long i = 0; i < rows * in; i++)
		x[i] = (real)number();
	for (long i = 0; i < rows * width; i++)
		y[i] = before[i] = (real)number();
	if (infinite)
		stored[count * in - 1] = strcmp(type, "bf16") ? 0x7c00 : 0x7f80;
	if (narrow_multiply(&t, count, in, rows, x, beta, y, width) == infinite)
		wrong++;
	for (long r = 0; r < rows && !infinite; r++)
		for (long o = 0; o < width; o++) {
			double sum = beta || o >= count ? before[r * width + o] : 0;

			for (long i = 0; o < count && i < in; i++)
				sum += x[r * in + i] * w[o * in + i];
			looked_at++;
			wrong += y[r * width + o] != sum;
		}
}

int main(void)
{
	static const char *types[] = { "bf16", "<f2" };
	static const long sizes[] = { 1, 2, 63, 64, 65, 128, MOST };

	for (int i = 0; i < 2 * WIDTH * 7 * ROWS * 2; i++)
		for (int infinite = 0; infinite < 2; infinite++)
			try(types[i % 2], 1 + i / 2 % WIDTH, sizes[i / 2 / WIDTH % 7],
				1 + i / 2 / WIDTH / 7 % ROWS, i / 2 / WIDTH / 7 / ROWS, infinite);
	if (narrow_takes("<f4") || narrow_takes("q8_0") || !narrow_takes("bf16") ||
		!narrow_takes("<f2"))
		wrong++;
	printf("%ld numbers, %ld wrong\n", looked_at, wrong);
	return wrong > 0;
}
