/* SPDX-License-Identifier: Apache-2.0 */
#include "interact/greedy.h"

#include <stdlib.h>

/* g[h,k] of all heads h of a unit and k of another. */
static double between(const struct interaction_means *m, long unit, long u, long v)
{
	double sum = 0;

	for (long h = u * unit; h < (u + 1) * unit; h++)
		for (long k = v * unit; k < (v + 1) * unit; k++)
			sum += m->g[h * m->heads + k];
	return sum;
}

static double alone(const struct interaction_means *m, long unit, long u)
{
	double sum = between(m, unit, u, u) / 2;

	for (long h = u * unit; h < (u + 1) * unit; h++)
		sum += m->first[h];
	return sum;
}

static long cheapest(const double *cost, const bool *left, long units)
{
	long best = -1;

	for (long u = 0; u < units; u++)
		if (left[u] && (best < 0 || cost[u] < cost[best]))
			best = u;
	return best;
}

static void put(struct departure *to, long unit, long u, struct departure what)
{
	for (long h = u * unit; h < (u + 1) * unit; h++)
		to[h] = what;
}

void greedy_order(const struct interaction_means *m, double factor, long unit, const bool *gone,
	struct departure *to)
{
	long units = m->heads / unit, place = 0;
	double *cost = must_alloc((size_t)units, sizeof *cost), losing = m->kl;
	bool *left = must_alloc((size_t)units, sizeof *left);

	for (long u = 0; u < units; u++) {
		left[u] = !gone[u * unit];
		cost[u] = alone(m, unit, u);
		put(to, unit, u, (struct departure){ 0, m->kl });
	}
	for (long u; (u = cheapest(cost, left, units)) >= 0;) {
		left[u] = false;
		losing += cost[u];
		put(to, unit, u, (struct departure){ ++place, losing });
		for (long v = 0; v < units; v++)
			cost[v] += factor * between(m, unit, u, v);
	}
	free(left);
	free(cost);
}
