/* SPDX-License-Identifier: Apache-2.0 */
#include "network/panels.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/parallel.h"
#include "network/gemm.h"
#include "network/kernel.h"

/*
 * Vectors of a panel: with three rows of sums they fill the registers. Rows of a product that are
 * taken at a time, so that they stay in the cache with a panel; rows of a panel that are filled at a
 * time. The multiplications from which on a thread is worth its start.
 */
enum { VECTORS = 4, ROWS = 24, FILLED = 16, SHARED = 1 << 22 };

static long count_panels(const struct panels *p)
{
	return (p->outputs + p->width - 1) / p->width;
}

struct panels *panels_new(long inputs, long outputs, struct arena *a)
{
	long width = VECTORS * kernel_vector();

	if (!width || !kernel_find(1, width, inputs, inputs, width, width, 0))
		return NULL;
	struct panels *p = arena_array(a, 1, sizeof *p);

	*p = (struct panels){ inputs, outputs, width, NULL };
	p->number = arena_array(a, (size_t)(count_panels(p) * inputs * width), sizeof *p->number);
	memset(p->number + (count_panels(p) - 1) * inputs * width, 0,
		(size_t)(inputs * width) * sizeof *p->number);
	return p;
}

/* Outputs of panel b. */
static long panel_outputs(const struct panels *p, long b)
{
	long left = p->outputs - b * p->width;

	return left < p->width ? left : p->width;
}

void panels_set_rows(struct panels *p, long first, long count, const real *row)
{
	for (long b = 0; b < count_panels(p); b++)
		for (long r = 0; r < count; r++)
			memcpy(p->number + (b * p->inputs + first + r) * p->width,
				row + r * p->outputs + b * p->width,
				(size_t)panel_outputs(p, b) * sizeof *row);
}

void panels_set_columns(struct panels *p, long first, long count, const real *column)
{
	for (long i = 0; i < p->inputs; i += FILLED) {
		long last = i + FILLED < p->inputs ? i + FILLED : p->inputs;

		for (long c = first; c < first + count; c++) {
			const real *from = column + (c - first) * p->inputs;
			real *to = p->number + c / p->width * p->inputs * p->width + c % p->width;

			for (long k = i; k < last; k++)
				to[k * p->width] = from[k];
		}
	}
}

struct call {
	const struct panels *panels;
	long rows;
	const real *x;
	int beta;
	real *y;
};

/* For a panel and some rows of X; rows of Y lie `ldy` numbers apart. */
static kernel *find(const struct panels *p, long rows, long ldy, int beta)
{
	kernel *multiply = kernel_find(rows, p->width, p->inputs, p->inputs, p->width, ldy, beta);

	if (!multiply)
		die("out of memory: no machine code for a product with %ld x %ld numbers",
			p->inputs, p->outputs);
	return multiply;
}

/* The last outputs, fewer than a panel has: by way of memory that has room for a whole one. */
static void multiply_last(const struct call *c, const real *panel, long first, long row, long rows)
{
	const struct panels *p = c->panels;
	real *some = must_alloc((size_t)(rows * p->width), sizeof *some);

	find(p, rows, p->width, 0)(panel, c->x + row * p->inputs, some);
	kernel_end();
	for (long r = 0; r < rows; r++)
		for (long o = first; o < p->outputs; o++) {
			real *y = &c->y[(row + r) * p->outputs + o];

			*y = some[r * p->width + o - first] + (c->beta ? *y : 0);
		}
	free(some);
}

static void multiply_panel(void *context, int b, int thread)
{
	const struct call *c = context;
	const struct panels *p = c->panels;
	const real *panel = p->number + b * p->inputs * p->width;
	long first = b * p->width;

	(void)thread;
	for (long row = 0; row < c->rows; row += ROWS) {
		long rows = c->rows - row < ROWS ? c->rows - row : ROWS;

		if (first + p->width > p->outputs)
			multiply_last(c, panel, first, row, rows);
		else
			find(p, rows, p->outputs, c->beta)(
				panel, c->x + row * p->inputs, c->y + row * p->outputs + first);
	}
	kernel_end();
}

void panels_multiply(
	const struct panels *p, int threads, long rows, const real *x, int beta, real *y)
{
	bool shared = (double)rows * (double)p->inputs * (double)p->outputs >= SHARED;
	struct call c = { p, rows, x, beta, y };

	parallel(shared ? threads : 1, (int)count_panels(p), multiply_panel, &c);
}

void panels_multiply_across(const struct panels *p, long rows, const real *x, int beta, real *y)
{
	for (long b = 0; b < count_panels(p); b++)
		gemm_transposed(rows, p->inputs, panel_outputs(p, b), x + b * p->width, p->outputs,
			p->number + b * p->inputs * p->width, p->width, b ? 1 : (real)beta, y,
			p->inputs);
}
