/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOITA2021_VOITA_H
#define LRP_VOITA2021_VOITA_H

#include "backward/backward.h"

/*
 * Rule voita2021: the backward sweep that the authors' code runs. It goes by residual blocks, as
 * what an operation hands on is rescaled by itself, by the joined projections of attention, and by
 * the block. All relevance is >= 0, so sum R is the L1 norm of R. With eps of the rule (1e-5):
 *
 *     T(z)         t_i = 1/2 z_i^+ / (sum z^+ + eps) + 1/2 z_i^- / (sum z^- - eps); what an empty
 *                  side should get is lost until the rescale
 *     RS(R; r..)   all r times sum R / (sum of all r + eps); rescale=no: nothing
 *
 *     start        1 at one logit, dense to the last block
 *     dense        z_oi = W_oi x_i + b_o / n; r_i = sum_o R_o T(z_o)_i; RS row by row, then RS over
 *                  all positions of the step
 *     norm         a dense layer with the Jacobian as its W (voita_dense.c)
 *     add          T of both terms; RS row by row, then each term with itself
 *     attention    voita_attention.c; the projections that read the same input are one dense layer
 *     block        norm, add, branch (or add, branch, norm); R = branch + residual
 *     cross block  then R and the encoder's R times sum R as it entered / (sum of both)
 *     encoder      the sum over the decoder's layers
 *     final norm   passes relevance
 *
 * The factors that the original has after a block, (sum branch + sum residual) / sum of their sum,
 * and before the encoder are 1 where nothing is negative, and are left out. In the ledger the
 * shares of eps (and empty sides) less what rescaling gives back stand under `eps`.
 */

/* A part of the network on the way down: what is between `top` and `bottom`. */
struct stage {
	enum {
		STAGE_EMBEDDING,
		STAGE_FINAL_NORM,
		STAGE_FEED_FORWARD,
		STAGE_SELF,
		STAGE_CROSS
	} kind;
	int top, bottom; /* where relevance enters it, and leaves it; embedding: -1 */
	int norm, add;	 /* -1: none */
	bool before;	 /* the norm is in front of the branch */
	int read;	 /* what the branch reads: bottom, or the norm of it */
	int out;	 /* the branch's last layer */
	int inner, act;	 /* feed-forward */
	int context, weights, scores, q, k, v; /* attention */
	int memory;			       /* what keys and values are made of */
	int node[12], nodes;		       /* all of them but the bottom */
	bool asked;			       /* has it a site? */
};

struct voita {
	struct stage *stage; /* in the order of the sweep */
	int stages;
	int needed; /* those down to the last site */
};

/* The way of the rule. Its plan dies where the graph has no residual blocks, or a site is where
 * they have no relevance. */
extern const struct route route_by_blocks;

/* Find the residual blocks. */
void voita_plan(struct plan *q, struct arena *a);
void voita_needs(const struct plan *q, bool *need);
struct sentence *voita_sentence(
	const struct plan *q, const struct trace *t, real *const *value, struct pool *pool);

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

/* The relevance of the context vectors, handed on to q, k and v. */
void voita_attention(struct block *b, const struct stage *st);

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
