/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_CARRY_H
#define LRP_NETWORK_CARRY_H

#include "network/block.h"

/*
 * Heads on their way forward through the network: formula (9). At each node a head that can reach
 * it has an array [rows, width] of how much of its relevance each neuron there stands for:
 *
 *     H_h(z) = sum over u in IN(z) of w(u->z) H_h(u)      1 on the head's own neurons, 0 beside
 * them
 *
 * The arrays of a node lie one after another, one slot a head.
 */
struct carry {
	const struct sentence *sentence;
	int heads;  /* of the block that is carried together */
	int **slot; /* [node][head]: the head's slot at the node, -1: it does not reach it */
	int *slots; /* [node] */
	const int *last_use; /* [node]: the last node that reads it */
	real **at;	     /* [node]: [slots, rows, width]; NULL: no head is here, or no longer */
	struct pool *pool;
};

/* Elements of one head's array at a node. */
long carry_size(const struct carry *c, int node);

/* A head's array at a node; NULL: the head does not reach it. */
real *carry_slot(const struct carry *c, int node, int head);

/* Give the node its arrays, contents undefined or zero. */
void carry_begin(struct carry *c, int node);
void carry_zero(struct carry *c, int node);

/* The node's arrays are those of its input: formula (6). */
void carry_pass(struct carry *c, int from, int to);

#endif
