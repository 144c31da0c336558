/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gemm f32|f64 ROWS...: how fast are the matrix products of a Transformer layer in BLAS alone?
 *
 * A layer of width 512: rows x 512 x 512 four times, rows x 512 x 2048 and rows x 2048 x 512, each
 * with weights of its own; Y = X W as relevance goes backward, Y = X W' as values and heads go
 * forward, and of f32 by panels that are packed once (network/panels.h), of the same numbers and in bf16.
 * Writes lines: rows, backward, forward, panels, those of bf16 in 10^9 operations (2 a multiplication) a
 * second; 0: no such panels here.
 */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "network/panels.h"

enum { WIDTH = 512, FFN = 2048, MATRICES = 6, RUNS = 5 };

static const int outputs[MATRICES] = { WIDTH, WIDTH, WIDTH, WIDTH, FFN, WIDTH };
static const int inputs[MATRICES] = { WIDTH, WIDTH, WIDTH, WIDTH, WIDTH, FFN };

struct layer {
	int in_double;
	void *x, *y, *w[MATRICES];
	struct panels *panels[MATRICES], *bf16[MATRICES];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *numbers(int in_double, size_t count)
{
	void *x = calloc(count, sizeof(double));

	if (!x) {
		fputs("gemm: out of memory\n", stderr);
		exit(1);
	}
	for (size_t i = 0; i < count; i++) {
		double v = (double)(i * 2654435761u % 1000) / 1000 - 0.5;

		if (in_double)
			((double *)x)[i] = v;
		else
			((float *)x)[i] = (float)v;
	}
	return x;
}

/* Y [m,n] = X [m,k] W, or W' where W is [n,k] */
static void multiply(const struct layer *l, int m, int n, int k, const void *w, int transposed)
{
	enum CBLAS_TRANSPOSE t = transposed ? CblasTrans : CblasNoTrans;
	int ldw = transposed ? k : n;

	if (l->in_double)
		cblas_dgemm(
			CblasRowMajor, CblasNoTrans, t, m, n, k, 1, l->x, k, w, ldw, 0, l->y, n);
	else
		cblas_sgemm(
			CblasRowMajor, CblasNoTrans, t, m, n, k, 1, l->x, k, w, ldw, 0, l->y, n);
}

enum product { BACKWARD, AHEAD, PANELS, BF16 };

static void run_layer(const struct layer *l, int rows, enum product p)
{
	for (int i = 0; i < MATRICES; i++)
		if (p == PANELS || p == BF16)
			panels_multiply(p == BF16 ? l->bf16[i] : l->panels[i], 1, rows, l->x,
				inputs[i], 0, l->y, outputs[i]);
		else if (p == AHEAD)
			multiply(l, rows, outputs[i], inputs[i], l->w[i], 1);
		else
			multiply(l, rows, inputs[i], outputs[i], l->w[i], 0);
}

/* The fastest of a few runs, each of 0.05 s or more. */
static double speed(const struct layer *l, int rows, enum product p)
{
	double operations = 0, best = 0;

	for (int i = 0; i < MATRICES; i++)
		operations += 2.0 * rows * outputs[i] * inputs[i];
	run_layer(l, rows, p);
	for (int r = 0; r < RUNS; r++) {
		double start = now(), seconds;
		int times = 0;

		do {
			run_layer(l, rows, p);
			times++;
			seconds = now() - start;
		} while (seconds < 0.05);
		if (operations * times / seconds > best)
			best = operations * times / seconds;
	}
	return best / 1e9;
}

static struct panels *pack(const struct layer *l, int matrix, int bf16, struct arena *a)
{
	struct panels *p =
		l->in_double ? NULL : panels_new(inputs[matrix], outputs[matrix], bf16, a);

	if (p)
		panels_set_columns(p, 0, outputs[matrix], l->w[matrix]);
	return p;
}

int main(int argc, char **argv)
{
	struct arena arena = { 0 };
	struct layer l = { .in_double = argc > 1 && strcmp(argv[1], "f64") == 0 };

	if (argc < 3 || (!l.in_double && strcmp(argv[1], "f32"))) {
		fputs("usage: gemm f32|f64 ROWS...\n", stderr);
		return 2;
	}
	for (int i = 0; i < MATRICES; i++) {
		l.w[i] = numbers(l.in_double, (size_t)outputs[i] * (size_t)inputs[i]);
		l.panels[i] = pack(&l, i, 0, &arena);
		l.bf16[i] = pack(&l, i, 1, &arena);
	}
	for (int i = 2; i < argc; i++) {
		long rows = strtol(argv[i], NULL, 10);

		if (rows < 1 || rows > 100000) {
			fputs("gemm: ROWS is from 1 to 100000\n", stderr);
			return 2;
		}
		l.x = numbers(l.in_double, (size_t)rows * FFN);
		l.y = numbers(l.in_double, (size_t)rows * FFN);
		printf("%ld\t%.1f\t%.1f\t%.1f\t%.1f\n", rows, speed(&l, (int)rows, BACKWARD),
			speed(&l, (int)rows, AHEAD), l.panels[0] ? speed(&l, (int)rows, PANELS) : 0,
			l.bf16[0] ? speed(&l, (int)rows, BF16) : 0);
		free(l.x);
		free(l.y);
	}
	return 0;
}
