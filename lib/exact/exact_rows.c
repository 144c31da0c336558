/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "exact/exact.h"

enum { FEW_PARTS = 2 };

/* calloc's pages are taken when they are written to: rows that stay zero cost nothing. */
void exact_rows_new(struct exact_rows *e, long rows)
{
	*e = (struct exact_rows){ .rows = rows, .count = must_alloc((size_t)rows, 1) };
}

void exact_rows_free(struct exact_rows *e)
{
	free(e->count);
	free(e->part);
	*e = (struct exact_rows){ .rows = 0 };
}

static double *row_of(const struct exact_rows *e, long row)
{
	return e->part ? e->part + row * e->width : NULL;
}

static void widen(struct exact_rows *e)
{
	struct exact_rows wider = *e;

	wider.width = e->width ? 2 * e->width : FEW_PARTS;
	if (wider.width > EXACT_PARTS)
		wider.width = EXACT_PARTS;
	wider.part = must_alloc((size_t)e->rows, (size_t)wider.width * sizeof *wider.part);
	for (long i = 0; i < e->rows; i++)
		if (e->count[i])
			memcpy(row_of(&wider, i), row_of(e, i), e->count[i] * sizeof *e->part);
	free(e->part);
	*e = wider;
}

static void put(struct exact_rows *e, long row, const struct exact *sum)
{
	while (sum->count > e->width)
		widen(e);
	if (sum->count || e->count[row])
		e->count[row] = (unsigned char)sum->count;
	if (sum->count)
		memcpy(row_of(e, row), sum->part, (size_t)sum->count * sizeof *sum->part);
}

struct exact exact_rows_get(const struct exact_rows *e, long row)
{
	struct exact sum;

	sum.count = e->count[row];
	if (sum.count)
		memcpy(sum.part, row_of(e, row), (size_t)sum.count * sizeof *sum.part);
	return sum;
}

void exact_rows_add(struct exact_rows *e, long row, double x)
{
	if (x == 0)
		return;

	struct exact sum = exact_rows_get(e, row);

	exact_add(&sum, x);
	put(e, row, &sum);
}

void exact_rows_add_product(struct exact_rows *e, long row, double x, double y)
{
	if (x == 0 || y == 0)
		return;

	struct exact sum = exact_rows_get(e, row);

	exact_add_product(&sum, x, y);
	put(e, row, &sum);
}

void exact_rows_merge(struct exact_rows *e, const struct exact_rows *other)
{
	for (long i = 0; i < e->rows; i++) {
		if (!other->count[i])
			continue;

		struct exact sum = exact_rows_get(e, i), more = exact_rows_get(other, i);

		exact_merge(&sum, &more);
		put(e, i, &sum);
	}
}

double exact_rows_value(const struct exact_rows *e, long row)
{
	struct exact sum = exact_rows_get(e, row);

	return exact_value(&sum);
}

void exact_rows_canonical(struct exact_rows *e)
{
	for (long i = 0; i < e->rows; i++) {
		if (!e->count[i])
			continue;

		struct exact sum = exact_rows_get(e, i);

		exact_canonical(&sum);
		put(e, i, &sum);
	}
}

void exact_rows_clear(struct exact_rows *e)
{
	for (long i = 0; i < e->rows; i++)
		if (e->count[i])
			e->count[i] = 0;
}
