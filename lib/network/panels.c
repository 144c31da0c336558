/* SPDX-License-Identifier: Apache-2.0 */
#include "network/panels.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/parallel.h"
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

struct panel_product {
	const struct panels *panels;
	long rows;
	const real *x;
	int beta;
	real *y;
	kernel *many,
		*rest; /* for ROWS rows, and for those that are left; NULL: no panel is whole */
};

/* kernel_find(), where a kernel for other numbers of rows was found before. */
static kernel *must_find(long m, long n, long k, long lda, long ldb, long ldc, int beta)
{
	kernel *multiply = kernel_find(m, n, k, lda, ldb, ldc, beta);

	if (!multiply)
		die("out of memory: LIBXSMM makes no code for products of %ld x %ld x %ld numbers",
			m, n, k);
	return multiply;
}

/* The last outputs, fewer than a panel has: by way of memory that has room for a whole one. */
static void multiply_last(
	const struct panel_product *c, const real *panel, long first, long row, long rows)
{
	const struct panels *p = c->panels;
	real *some = must_alloc((size_t)(rows * p->width), sizeof *some);

	must_find(rows, p->width, p->inputs, p->inputs, p->width, p->width, 0)(
		panel, c->x + row * p->inputs, some);
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
	const struct panel_product *c = context;
	const struct panels *p = c->panels;
	const real *panel = p->number + b * p->inputs * p->width;
	long first = b * p->width;

	(void)thread;
	for (long row = 0; row < c->rows; row += ROWS) {
		long rows = c->rows - row < ROWS ? c->rows - row : ROWS;

		if (first + p->width > p->outputs)
			multiply_last(c, panel, first, row, rows);
		else
			(rows < ROWS ? c->rest : c->many)(
				panel, c->x + row * p->inputs, c->y + row * p->outputs + first);
	}
	kernel_end();
}

/* The kernel for so many rows and a whole panel; NULL: there are none. */
static kernel *kernel_for(const struct panels *p, long rows, int beta)
{
	return rows && p->outputs >= p->width
		       ? must_find(rows, p->width, p->inputs, p->inputs, p->width, p->outputs, beta)
		       : NULL;
}

void panels_multiply(
	const struct panels *p, int threads, long rows, const real *x, int beta, real *y)
{
	bool shared = (double)rows * (double)p->inputs * (double)p->outputs >= SHARED;
	struct panel_product c = { p, rows, x, beta, y, kernel_for(p, rows < ROWS ? 0 : ROWS, beta),
		kernel_for(p, rows % ROWS, beta) };

	parallel(shared ? threads : 1, (int)count_panels(p), multiply_panel, &c);
}

/* Y' [inputs, room] = sum over panels of M [inputs, width] X' [width, room], of so many rows of X. */
static void sum_across(const struct panels *p, long rows, long room, const real *x, real *y)
{
	real *columns = must_alloc_aligned((size_t)(p->width * room) * sizeof *columns);

	for (long b = 0; b < count_panels(p); b++) {
		const real *panel = p->number + b * p->inputs * p->width;

		memset(columns, 0, (size_t)(p->width * room) * sizeof *columns);
		for (long r = 0; r < rows; r++)
			for (long o = 0; o < panel_outputs(p, b); o++)
				columns[o * room + r] = x[r * p->outputs + b * p->width + o];
		for (long i = 0; i < p->inputs; i += ROWS) {
			long some = p->inputs - i < ROWS ? p->inputs - i : ROWS;

			must_find(some, room, p->width, p->width, room, room, b > 0)(
				columns, panel + i * p->width, y + i * room);
		}
		kernel_end();
	}
	free(columns);
}

/* Rows that are turned at a time. */
enum { TURNED = 256 };

void panels_multiply_across(const struct panels *p, long rows, const real *x, int beta, real *y)
{
	long vector = 2 * kernel_vector(), most = rows < TURNED ? rows : TURNED;
	real *columns = must_alloc_aligned((size_t)(p->inputs * (most + vector)) * sizeof *columns);

	for (long first = 0; first < rows; first += TURNED) {
		long some = rows - first < TURNED ? rows - first : TURNED;
		long room = (some + vector - 1) / vector * vector;

		sum_across(p, some, room, x + first * p->outputs, columns);
		for (long r = 0; r < some; r++)
			for (long i = 0; i < p->inputs; i++) {
				real *to = &y[(first + r) * p->inputs + i];

				*to = columns[i * room + r] + (beta ? *to : 0);
			}
	}
	free(columns);
}
