/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_PANELS_H
#define LRP_NETWORK_PANELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "tensor/real.h"

/*
 * A matrix M [inputs, outputs] in the order in which products read it, packed once: as panels of a
 * few vectors of outputs, [outputs / width, inputs, width], the last filled up with zeros. Or in bf16,
 * where inputs lie in pairs, [outputs / width, depth / 2, width, 2]; depth: inputs, made even.
 */
struct panels {
	long inputs, depth, outputs, width;
	real *number;	/* or */
	uint16_t *bf16; /* what is multiplied with it is rounded to bf16 too; sums are single */
};

/* To be filled, in the arena; NULL where the machine has no such kernels (kernel.h). */
struct panels *panels_new(long inputs, long outputs, bool bf16, struct arena *a);

/* Rows `first` to first + count - 1 of M from rows [count, outputs], or, transposed, as many columns
 * of M from rows [count, inputs]. */
void panels_set_rows(struct panels *p, long first, long count, const real *row);
void panels_set_columns(struct panels *p, long first, long count, const real *column);

/*
 * Y [rows, outputs] = X [rows, inputs] M + beta Y, beta 0 or 1, rows ldx and ldy apart, on so many
 * threads at most with the same bits; a row's bits do not depend on the other rows.
 */
void panels_multiply(const struct panels *p, int threads, long rows, const real *x, long ldx,
	int beta, real *y, long ldy);

/* The other way through M, for few rows: Y [rows, inputs] = X [rows, outputs] M' + beta Y; X is not
 * rounded. */
void panels_multiply_across(const struct panels *p, long rows, const real *x, int beta, real *y);

#endif
