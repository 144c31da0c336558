/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/difference.h"

#include <math.h>

/* Do the first dimensions have so many elements, and at most one of them more than 1? */
static bool begins_with(const struct tensor *t, int dimensions, long rows)
{
	int large = 0;
	long count = 1;

	for (int i = 0; i < dimensions; i++) {
		large += t->shape[i] != 1;
		count *= t->shape[i];
	}
	return large <= 1 && count == rows;
}

/* The dimensions that are not 1, at most so many; their number. */
static int large_dimensions(const struct tensor *t, long *large, int most)
{
	int n = 0;

	for (int i = 0; i < t->dimensions; i++)
		if (t->shape[i] != 1 && n++ < most)
			large[n - 1] = t->shape[i];
	return n;
}

bool arrange(const struct tensor *t, long rows, long width, struct arrangement *found)
{
	long large[3];

	*found = (struct arrangement){ .heads = 0 };
	if (t->count != (size_t)rows * (size_t)width)
		return false;
	for (int i = 0; i <= t->dimensions; i++)
		found->rows_first |= begins_with(t, i, rows);
	if (large_dimensions(t, large, 3) == 3 && large[1] == rows)
		found->heads = large[0];
	return found->rows_first || found->heads;
}

/* The difference of two numbers; NaN is as far as can be from anything, infinity from all but itself. */
static double distance(double a, double b)
{
	double d = fabs(a - b);

	return a == b ? 0 : isnan(d) ? (double)INFINITY : d;
}

/* As if the array lay so: in heads of so many neurons, those of a head's rows one after another. */
static struct difference arranged(const struct compared *c, long heads, double scale)
{
	struct difference d = { .error = -1 };
	long each = c->width / heads;

	for (long r = 0; r < c->rows; r++) {
		long row = c->position ? c->position[r] : r;

		for (long n = 0; n < c->neurons; n++) {
			long column = c->slice ? weight_place(c->slice, n) : n;
			double there =
				c->array[(column / each * c->rows + r) * each + column % each];
			double here = c->value[row * c->neurons + n] / scale;
			double off = distance(here, there);

			d.largest = fabs(there) > d.largest ? fabs(there) : d.largest;
			if (off > d.error) {
				d.error = off;
				d.row = row;
				d.neuron = n;
				d.here = here;
				d.there = there;
			}
		}
	}
	if (d.largest > 0 && isfinite(d.largest))
		d.error /= d.largest;
	return d;
}

struct difference differ_most(const struct compared *c)
{
	const long heads[] = { c->arrangement.rows_first ? 1 : 0, c->arrangement.heads };
	const double scales[] = { 1, c->scale };
	struct difference best = { .error = c->rows ? -1 : 0 };

	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 2; k++) {
			if (!heads[i] || (k && c->scale == 1))
				continue;
			struct difference d = arranged(c, heads[i], scales[k]);

			if (best.error < 0 || d.error < best.error)
				best = d;
		}
	return best;
}
