/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_OP_ELEMENTWISE_H
#define LRP_OP_ELEMENTWISE_H

#include "network/op.h"

/*
 * Operations whose neuron i is made of neuron i of each input: input k gets coefficient[k][t,i] of
 * the relevance, all where its coefficients are NULL; inputs that the rule takes nothing to get none.
 */
void elementwise_back(struct block *b, int node);
void elementwise_carry(struct carry *c, int node);

#endif
