/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOITA2021_DENSE_H
#define LRP_VOITA2021_DENSE_H

#include "backward/start.h"
#include "network/block.h"

/* Relevance of the start, at the logits' input. */
void voita_start(const struct start *s, struct block *b);

/*
 * Hand the relevance of nodes that read the same input (linear, or one norm) on to it, and give it
 * back. The result is the pool's, laid out as the input's relevance.
 */
real *voita_dense(struct block *b, const int *node, int nodes);

/* The relevance of an add, handed on to the bottom and the branch of its stage, or to both inputs.
 */
void voita_add(struct block *b, int add);

/* T(z) = z^+ p + z^- n for the sums z^+ >= 0 and z^- <= 0; `lost` is what eps takes. */
struct halves {
	real p, n, lost;
};
static inline struct halves halves(double eps, double positive, double negative)
{
	double p = 0.5 / (positive + eps), n = 0.5 / (negative - eps);

	return (struct halves){ (real)p, (real)n, (real)(eps * (p - n)) };
}

/* The sum of each row, and of the rows of each step, in the block's arena. */
double *voita_sums(const struct block *b, const struct layout *l, const real *r, long width);
double *voita_step_sums(const struct block *b, const struct layout *l, const double *row);

/* RS as a factor; 1 with rescale=no. */
static inline double rescaling(const struct block *b, double wanted, double sum)
{
	const struct rule *r = b->sentence->rule;

	return r->rescale == RESCALE_L1 ? wanted / (sum + r->eps) : 1;
}

#endif
