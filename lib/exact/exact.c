/* SPDX-License-Identifier: Apache-2.0 */
#include "exact/exact.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/die.h"

/* Room for the parts of a full sum and one more for each step of taking it apart. */
enum { WORK_PARTS = 2 * EXACT_PARTS };

/*
 * Add x to `count` parts in increasing order and return the new number of parts. Each two-sum
 * splits part + x into the rounded sum, which goes on, and its error, which stays (Knuth).
 */
static int grow(double *part, int count, double x)
{
	int kept = 0;

	for (int i = 0; i < count; i++) {
		double y = part[i], sum = x + y, z = sum - x;
		double error = (x - (sum - z)) + (y - z);

		if (error != 0)
			part[kept++] = error;
		x = sum;
	}
	if (x != 0)
		part[kept++] = x;
	if (!isfinite(x))
		die("a sum is too large for a double");
	return kept;
}

/* Halfway cases were rounded to even by looking at two parts only; the third breaks the tie. */
static double break_tie(double high, double error, double next)
{
	double twice = 2 * error, other = high + twice;

	if ((error < 0) == (next < 0) && other - high == twice)
		return other;
	return high;
}

static double round_parts(const double *part, int count)
{
	double high = 0, error = 0;

	while (count > 0 && error == 0) {
		double x = high, y = part[--count];

		high = x + y;
		error = y - (high - x);
	}
	if (count > 0 && error != 0)
		high = break_tie(high, error, part[count - 1]);
	if (!isfinite(high))
		die("a sum is too large for a double");
	return high;
}

void exact_canonical(struct exact *e)
{
	double rest[WORK_PARTS], list[EXACT_PARTS];
	int left = e->count, n = 0;

	memcpy(rest, e->part, (size_t)left * sizeof *rest);
	while (left) {
		assert(n < EXACT_PARTS);
		list[n] = round_parts(rest, left);
		left = grow(rest, left, -list[n++]);
	}
	e->count = n;
	for (int i = 0; i < n; i++)
		e->part[i] = list[n - 1 - i];
}

void exact_add(struct exact *e, double x)
{
	if (e->count == EXACT_PARTS)
		exact_canonical(e);
	e->count = grow(e->part, e->count, x);
}

void exact_add_product(struct exact *e, double x, double y)
{
	double product = x * y;

	if (!isfinite(product))
		die("a product is too large for a double");
	exact_add(e, fma(x, y, -product));
	exact_add(e, product);
}

void exact_merge(struct exact *e, const struct exact *other)
{
	for (int i = 0; i < other->count; i++)
		exact_add(e, other->part[i]);
}

void exact_add_exact_product(struct exact *result, const struct exact *a, const struct exact *b)
{
	for (int i = 0; i < a->count; i++)
		for (int j = 0; j < b->count; j++)
			exact_add_product(result, a->part[i], b->part[j]);
}

double exact_value(const struct exact *e)
{
	return round_parts(e->part, e->count);
}
