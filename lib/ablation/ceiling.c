/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/ceiling.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "stat/split_half.h"

/* What masking each head alone costs in the sentences that have a weight. */
static double *measure(const struct ablation_plan *p, const long *weight)
{
	double *effect = must_alloc((size_t)p->heads, sizeof *effect);
	double base = loss_mean(&p->losses, weight, p->point[p->base].file);

	for (long h = 0; h < p->heads; h++)
		effect[h] = loss_mean(&p->losses, weight, p->point[p->single[h]].file) - base;
	return effect;
}

struct half_costs halves_measure(const struct ablation *a)
{
	const struct ablation_plan *p = a->plan;
	long sentences = p->losses.sentences;
	long *weight = must_alloc((size_t)sentences, 2 * sizeof *weight),
	     *order = weight + sentences;
	uint64_t state = a->state;
	struct half_costs h = { .splits = sentences < CEILING_SENTENCES ? 0 : a->samples };

	h.effect = must_alloc((size_t)h.splits, sizeof *h.effect);
	for (long d = 0; d < h.splits; d++) {
		split_half_draw(weight, order, sentences, &state);
		h.effect[d][0] = measure(p, weight);
		for (long s = 0; s < sentences; s++)
			weight[s] = 1 - weight[s];
		h.effect[d][1] = measure(p, weight);
	}
	free(weight);
	return h;
}

static bool has_group(const struct head_groups *g)
{
	for (long k = 0; k < g->count; k++)
		if (g->at[k].count >= CEILING_HEADS)
			return true;
	return false;
}

struct ceiling ceiling_of(
	const struct half_costs *h, const struct head_groups *g, correlation_of *correlation)
{
	double sum = 0;
	long count = 0;

	if (!h->splits)
		return (struct ceiling){ NAN, NAN, "few sentences" };
	if (!has_group(g))
		return (struct ceiling){ NAN, NAN, "few heads" };
	for (long d = 0; d < h->splits; d++) {
		double r = head_groups_correlation(
			g, correlation, h->effect[d][0], h->effect[d][1], CEILING_HEADS);

		sum += isnan(r) ? 0 : r;
		count += !isnan(r);
	}
	double reliability = count ? split_half_reliability(sum / (double)count) : NAN;
	double attainable = split_half_attainable(reliability);
	return (struct ceiling){ reliability, attainable,
		!count		    ? "equal costs"
		: isnan(attainable) ? "halves disagree"
				    : "" };
}
