/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_OP_EXPLICIT_H
#define LRP_OP_EXPLICIT_H

#include "network/op.h"

/*
 * Relevance from contributions that are written out one by one, for rules without a fast form: the
 * sign of z_oi + b_o/n, or of a full Jacobian, is each element's own. Per position one matrix
 *
 *     w[o,i] = share of z_oi + b_o/n        (b only with bias=spread)
 *
 * and then the matrix products of all rows at that position.
 */

/* The contributions z [in] to one output become shares; `lost` gets what nobody has. */
void explicit_row(const struct rule *rule, real *z, long in, double bias, double lost[LOSSES]);

/* Fill z [width, in] with the contributions to the outputs of a node at a position. */
typedef void contributions(const struct sentence *s, int node, long position, real *z);

void explicit_relevance(struct block *b, int node, contributions *fill);
void explicit_carry(struct carry *c, int node, contributions *fill);

#endif
