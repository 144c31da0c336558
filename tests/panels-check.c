/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panels-check: products with a matrix in panels against the sums written out, in double precision.
 *
 * Every number of rows, inputs and outputs of a few: fewer and more than a panel has, than rows that
 * are taken at a time, whole vectors and parts of them. The matrix is given by rows and by columns, in
 * pieces. One thread and two give the same bits, and a row the same bits alone as among others. All of it
 * in bf16 too, where the processor has such products. Writes how many numbers were looked at, or that this
 * machine has no kernels; ends with 1 where one is wrong.
 * panels-single-check.c is the same in single precision.
 */
#ifndef SINGLE
#define REAL_IS_DOUBLE
#endif
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/kernel.h"
#include "network/panels.h"
#include "tensor/halves.h"

static const long sizes[] = { 1, 3, 16, 31, 32, 33, 64, 70 },
		  row_counts[] = { 1, 2, 23, 24, 25, 50 };

enum { SIZES = sizeof sizes / sizeof *sizes, ROW_COUNTS = sizeof row_counts / sizeof *row_counts };

static uint64_t state = 1;
static long looked_at, wrong;

/* A multiple of 1/256 from -1 to 1: in bf16 too sums of products of such have no rounding; or a third of it. */
static bool rounded;

static real number(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (real)((long)(state >> 55) - 256) / (rounded ? 768 : 256);
}

static real *numbers(struct arena *a, long count)
{
	real *x = arena_array(a, (size_t)count, sizeof *x);

	for (long i = 0; i < count; i++)
		x[i] = number();
	return x;
}

/* M by its rows [inputs, outputs], or by its columns, a third at a time. */
static struct panels *pack(
	struct arena *a, long inputs, long outputs, bool bf16, const real *m, bool columns)
{
	struct panels *p = panels_new(inputs, outputs, bf16, a);
	long all = columns ? outputs : inputs, some = all / 3 + 1;
	real *turned = arena_array(a, (size_t)(inputs * outputs), sizeof *turned);

	for (long i = 0; i < inputs; i++)
		for (long o = 0; o < outputs; o++)
			turned[o * inputs + i] = m[i * outputs + o];
	for (long first = 0; first < all; first += some) {
		long count = all - first < some ? all - first : some;

		if (columns)
			panels_set_columns(p, first, count, turned + first * inputs);
		else
			panels_set_rows(p, first, count, m + first * outputs);
	}
	return p;
}

static void look(
	const char *what, long rows, long inputs, long outputs, double is, double should_be)
{
	looked_at++;
	if (is == should_be)
		return;
	if (wrong++ < 5)
		fprintf(stderr, "%s, %ld rows of %ld, %ld outputs: %.17g, not %.17g\n", what, rows,
			inputs, outputs, is, should_be);
}

static void try(long rows, long inputs, long outputs, bool bf16, int beta, bool columns)
{
	struct arena a = { 0 };
	real *m = numbers(&a, inputs * outputs), *x = numbers(&a, rows * inputs);
	real *z = numbers(&a, rows * outputs), *before = numbers(&a, rows * (inputs + outputs));
	struct panels *p = pack(&a, inputs, outputs, bf16, m, columns);
	real *y[4];

	for (int k = 0; k < 4; k++) {
		y[k] = arena_array(&a, (size_t)(rows * (inputs + outputs)), sizeof *y[k]);
		memcpy(y[k], before, (size_t)(rows * (inputs + outputs)) * sizeof *y[k]);
	}
	panels_multiply(p, 1, rows, x, inputs, beta, y[0], outputs);
	panels_multiply(p, 2, rows, x, inputs, beta, y[1], outputs);
	for (long r = 0; r < rows; r++)
		panels_multiply(p, 1, 1, x + r * inputs, inputs, beta, y[2] + r * outputs, outputs);
	panels_multiply_across(p, rows, z, beta, y[3]);
	for (long r = 0; r < rows; r++) {
		for (long o = 0; o < outputs; o++) {
			double sum = beta ? before[r * outputs + o] : 0;

			for (long i = 0; i < inputs; i++)
				sum += x[r * inputs + i] * m[i * outputs + o];
			for (int k = 0; k < 3; k++)
				look("X M", rows, inputs, outputs, y[k][r * outputs + o],
					rounded ? (double)y[0][r * outputs + o] : sum);
		}
		for (long i = 0; i < inputs; i++) {
			double sum = beta ? before[r * inputs + i] : 0;

			for (long o = 0; o < outputs; o++)
				sum += z[r * outputs + o] * m[i * outputs + o];
			if (!rounded)
				look("X M'", rows, inputs, outputs, y[3][r * inputs + i], sum);
		}
	}
	arena_free(&a);
}

static void try_all(bool bf16)
{
	for (int i = 0; i < 2 * SIZES * SIZES * ROW_COUNTS * 2; i++) {
		int in = i / 2 % SIZES, out = i / 2 / SIZES % SIZES;

		rounded = i >= SIZES * SIZES * ROW_COUNTS * 2;
		try(row_counts[i / 2 / SIZES / SIZES % ROW_COUNTS], sizes[in], sizes[out], bf16,
			i % 2, (in + out) % 2);
	}
}

/* To the nearest number of 8 bits, of two the even one. */
static void try_rounding(void)
{
	static const float of[][2] = { { 1, 1 }, { -3, -3 }, { 0, 0 }, { 1 + 0x1p-8f, 1 },
		{ 1 + 0x1p-8f + 0x1p-20f, 1 + 0x1p-7f }, { 1 + 0x1.8p-7f, 1 + 0x1p-6f },
		{ -1 - 0x1.8p-7f, -1 - 0x1p-6f }, { 0x1.fep0f, 0x1.fep0f }, { 0x1.ffp0f, 2 },
		{ 0x1p-120f, 0x1p-120f } };

	for (size_t i = 0; i < sizeof of / sizeof *of; i++)
		look("rounded", 1, 1, 1, brain_to_float(brain_of_float(of[i][0])), of[i][1]);
}

int main(void)
{
	try_rounding();
	if (!kernel_vector()) {
		puts("no kernels");
		return wrong > 0;
	}
	try_all(false);
	if (kernel_has_bf16())
		try_all(true);
	printf("%ld numbers, %ld wrong\n", looked_at, wrong);
	return wrong > 0;
}
