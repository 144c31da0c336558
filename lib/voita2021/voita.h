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

/* The way of the rule. Its plan dies where the graph has no residual blocks, or a site is where
 * they have no relevance. */
extern const struct route route_by_blocks;

#endif
