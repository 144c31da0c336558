/* SPDX-License-Identifier: Apache-2.0 */
#include "network/panels.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/parallel.h"
#include "network/kernel.h"
#include "tensor/halves.h"
#include "tensor/vectorised.h"

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

struct panels *panels_new(long inputs, long outputs, bool bf16, struct arena *a)
{
	long width = VECTORS * kernel_vector(), depth = bf16 ? inputs + inputs % 2 : inputs;

	if (!width || !kernel_find(bf16, 1, width, depth, depth, width, width, 0))
		return NULL;
	struct panels *p = arena_array(a, 1, sizeof *p);
	size_t size = bf16 ? sizeof *p->bf16 : sizeof *p->number;

	*p = (struct panels){
		.inputs = inputs, .depth = depth, .outputs = outputs, .width = width
	};
	long panel = depth * width, all = count_panels(p) * panel;
	char *memory = arena_array(a, (size_t)all, size);
	long filled = depth > inputs ? 0 : all - panel; /* zeros beside what will be set */

	memset(memory + (size_t)filled * size, 0, (size_t)(all - filled) * size);
	if (bf16)
		p->bf16 = (uint16_t *)(void *)memory;
	else
		p->number = (real *)(void *)memory;
	return p;
}

/* Where the number of an input and an output lies. */
static long place(const struct panels *p, long i, long o)
{
	long pair = p->bf16 ? 2 : 1;

	return (o / p->width * p->depth + i / pair * pair) * p->width + o % p->width * pair +
	       i % pair;
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
		for (long r = 0; r < count; r++) {
			const real *from = row + r * p->outputs + b * p->width;
			long to = place(p, first + r, b * p->width), some = panel_outputs(p, b);

			if (p->bf16)
				for (long o = 0; o < some; o++)
					p->bf16[to + 2 * o] = brain_of_float((float)from[o]);
			else
				memcpy(p->number + to, from, (size_t)some * sizeof *row);
		}
}

void panels_set_columns(struct panels *p, long first, long count, const real *column)
{
	for (long i = 0; i < p->inputs; i += FILLED) {
		long last = i + FILLED < p->inputs ? i + FILLED : p->inputs;

		for (long c = first; c < first + count; c++) {
			const real *from = column + (c - first) * p->inputs;
			long to = place(p, 0, c);

			if (p->bf16)
				for (long k = i; k < last; k++)
					p->bf16[to + k / 2 * 2 * p->width + k % 2] =
						brain_of_float((float)from[k]);
			else
				for (long k = i; k < last; k++)
					p->number[to + k * p->width] = from[k];
		}
	}
}

struct panel_product {
	const struct panels *panels;
	long rows, ldx, ldy;
	const real *x;
	const uint16_t *x_bf16; /* in its place; rows lie ldx apart as well */
	int beta;
	real *y;
	kernel *many,
		*rest; /* for ROWS rows, and for those that are left; NULL: no panel is whole */
};

/* kernel_find(), where a kernel for other numbers of rows was found before. */
static kernel *must_find(bool bf16, long m, long n, long k, long lda, long ldb, long ldc, int beta)
{
	kernel *multiply = kernel_find(bf16, m, n, k, lda, ldb, ldc, beta);

	if (!multiply)
		die("out of memory: LIBXSMM makes no code for products of %ld x %ld x %ld numbers",
			m, n, k);
	return multiply;
}

/* Panel b, as kernels take it; and a row of what it is multiplied with. */
static const void *panel_at(const struct panels *p, long b)
{
	long at = b * p->depth * p->width;

	return p->bf16 ? (const void *)(p->bf16 + at) : p->number + at;
}

static const void *row_at(const struct panel_product *c, long row)
{
	return c->x_bf16 ? (const void *)(c->x_bf16 + row * c->ldx) : c->x + row * c->ldx;
}

/* The last outputs, fewer than a panel has: by way of memory that has room for a whole one. */
static void multiply_last(
	const struct panel_product *c, const void *panel, long first, long row, long rows)
{
	const struct panels *p = c->panels;
	real *some = must_alloc((size_t)(rows * p->width), sizeof *some);

	must_find(p->bf16 != NULL, rows, p->width, p->depth, c->ldx, p->width, p->width, 0)(
		panel, row_at(c, row), some);
	kernel_end();
	for (long r = 0; r < rows; r++)
		for (long o = first; o < p->outputs; o++) {
			real *y = &c->y[(row + r) * c->ldy + o];

			*y = some[r * p->width + o - first] + (c->beta ? *y : 0);
		}
	free(some);
}

static void multiply_panel(void *context, int b, int thread)
{
	const struct panel_product *c = context;
	const struct panels *p = c->panels;
	const void *panel = panel_at(p, b);
	long first = b * p->width;

	(void)thread;
	for (long row = 0; row < c->rows; row += ROWS) {
		long rows = c->rows - row < ROWS ? c->rows - row : ROWS;

		if (first + p->width > p->outputs)
			multiply_last(c, panel, first, row, rows);
		else
			(rows < ROWS ? c->rest : c->many)(
				panel, row_at(c, row), c->y + row * c->ldy + first);
	}
	kernel_end();
}

/* The kernel for so many rows and a whole panel; NULL: there are none. */
static kernel *kernel_for(const struct panel_product *c, long rows)
{
	const struct panels *p = c->panels;

	return rows && p->outputs >= p->width ? must_find(p->bf16 != NULL, rows, p->width, p->depth,
							c->ldx, p->width, c->ldy, c->beta)
					      : NULL;
}

/* X [rows, inputs] in bf16 [rows, depth] */
VECTORISED
static void round_rows(const struct panels *p, long rows, const real *x, long ldx, uint16_t *to)
{
	for (long r = 0; r < rows; r++)
		for (long i = 0; i < p->inputs; i++)
			to[r * p->depth + i] = brain_of_float((float)x[r * ldx + i]);
	for (long r = 0; r < rows && p->depth > p->inputs; r++)
		to[r * p->depth + p->inputs] = 0;
}

void panels_multiply(const struct panels *p, int threads, long rows, const real *x, long ldx,
	int beta, real *y, long ldy)
{
	bool shared = (double)rows * (double)p->inputs * (double)p->outputs >= SHARED;
	struct panel_product c = { p, rows, ldx, ldy, .x = x, .beta = beta, .y = y };
	uint16_t *rounded = NULL;

	if (p->bf16) {
		rounded = must_alloc_aligned((size_t)(rows * p->depth) * sizeof *rounded);
		round_rows(p, rows, x, ldx, rounded);
		c.x_bf16 = rounded;
		c.ldx = p->depth;
	}
	c.many = kernel_for(&c, rows < ROWS ? 0 : ROWS);
	c.rest = kernel_for(&c, rows % ROWS);
	parallel(shared ? threads : 1, (int)count_panels(p), multiply_panel, &c);
	free(rounded);
}

/* Some rows [width] of panel b: where they are, or as numbers in `room`. */
static const real *panel_rows(const struct panels *p, long b, long first, long count, real *room)
{
	if (!p->bf16)
		return p->number + place(p, first, b * p->width);
	for (long r = 0; r < count; r++) {
		const uint16_t *row = p->bf16 + place(p, first + r, b * p->width);

		for (long o = 0; o < p->width; o++)
			room[r * p->width + o] = brain_to_float(row[2 * o]);
	}
	return room;
}

/* Y' [inputs, room] = sum over panels of M [inputs, width] X' [width, room], of so many rows of X. */
static void sum_across(const struct panels *p, long rows, long room, const real *x, real *y)
{
	real *columns = must_alloc_aligned((size_t)(p->width * room) * sizeof *columns);
	real *numbers = must_alloc_aligned((size_t)(p->width * ROWS) * sizeof *numbers);

	for (long b = 0; b < count_panels(p); b++) {
		memset(columns, 0, (size_t)(p->width * room) * sizeof *columns);
		for (long r = 0; r < rows; r++)
			for (long o = 0; o < panel_outputs(p, b); o++)
				columns[o * room + r] = x[r * p->outputs + b * p->width + o];
		for (long i = 0; i < p->inputs; i += ROWS) {
			long some = p->inputs - i < ROWS ? p->inputs - i : ROWS;

			must_find(false, some, room, p->width, p->width, room, room, b > 0)(
				columns, panel_rows(p, b, i, some, numbers), y + i * room);
			kernel_end();
		}
	}
	free(numbers);
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
