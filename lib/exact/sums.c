/* SPDX-License-Identifier: Apache-2.0 */
#include "exact/sums.h"

#include <stdlib.h>

#include "base/arena.h"

void sums_draft(struct draft *d, const char *key, struct exact_rows *sums)
{
	long parts = 1, rows = sums->rows;

	exact_rows_canonical(sums);
	for (long i = 0; i < rows; i++)
		parts = sums->count[i] > parts ? sums->count[i] : parts;
	double *data = must_alloc((size_t)(rows * parts), sizeof *data);

	for (long i = 0; i < rows; i++)
		for (long k = 0; k < sums->count[i]; k++)
			data[i * parts + k] = sums->part[i * sums->width + sums->count[i] - 1 - k];
	draft_doubles(d, key, data, 2, rows, parts);
	free(data);
}

void sums_read(
	const struct record *r, const msgpack_object *sums, const char *key, struct exact_rows *to)
{
	struct tensor t = map_tensor(sums, "sums", key);

	tensor_expect(&t, key, 2, to->rows, -1L);
	const double *part = tensor_doubles(&t, r->arena, key);

	for (long i = 0; i < to->rows; i++)
		for (long k = 0; k < t.shape[1]; k++)
			exact_rows_add(to, i, *part++);
}

double sum_estimate(double sum, double n, double drawn)
{
	return n == drawn ? sum : n / drawn * sum;
}

void sums_take(struct exact_rows *to, struct exact_rows *from, double n, double drawn)
{
	if (n == drawn)
		exact_rows_merge(to, from);
	for (long i = 0; n != drawn && i < from->rows; i++)
		exact_rows_add(to, i, sum_estimate(exact_rows_value(from, i), n, drawn));
	exact_rows_clear(from);
}
