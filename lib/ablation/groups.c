/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void head_groups_add(struct head_groups *g, const char *name, size_t length, long head)
{
	struct head_group *to = g->at, *end = g->at + g->count;

	while (to < end && (strlen(to->name) != length || memcmp(to->name, name, length)))
		to++;
	if (to == end) {
		g->at = must_realloc(g->at, (size_t)g->count + 1, sizeof *g->at);
		to = &g->at[g->count++];
		char *copy = must_alloc(length + 1, 1);

		*to = (struct head_group){ .name = memcpy(copy, name, length) };
	}
	to->head = must_realloc(to->head, (size_t)to->count + 1, sizeof *to->head);
	to->head[to->count++] = head;
}

static double within(
	const struct head_group *g, correlation_of *correlation, const double *x, const double *y)
{
	double *pairs = must_alloc((size_t)g->count, 2 * sizeof *pairs);

	for (long i = 0; i < g->count; i++) {
		pairs[i] = x[g->head[i]];
		pairs[g->count + i] = y[g->head[i]];
	}
	double r = correlation(pairs, pairs + g->count, g->count);
	free(pairs);
	return r;
}

double head_groups_correlation(const struct head_groups *g, correlation_of *correlation,
	const double *x, const double *y, long least)
{
	double sum = 0;
	long count = 0;

	for (const struct head_group *k = g->at; k < g->at + g->count; k++) {
		double r = k->count < least ? NAN : within(k, correlation, x, y);

		sum += isnan(r) ? 0 : r;
		count += !isnan(r);
	}
	return count ? sum / (double)count : NAN;
}
