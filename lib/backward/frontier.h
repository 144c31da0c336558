/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BACKWARD_FRONTIER_H
#define LRP_BACKWARD_FRONTIER_H

#include "network/block.h"
#include "record/draft.h"
#include "backward/backward.h"

/*
 * A sweep that stopped half-way, for another to go on: all relevance that was on its way when a
 * block of steps had come down to a node, and its account so far. A trace record carries it as the
 * list `frontier`, one map a block:
 *
 *     first, steps, start [steps], counted [steps], lost [kinds of loss, steps],
 *     relevance: {node: [rows, neurons]}, rows as the steps' positions come (network/block.h)
 */
struct frontier {
	long first, steps;
	const double *start, *counted, *lost;
	const real **relevance; /* one a node; NULL: none there */
	long *rows, *width;	/* of each */
	struct frontier *next;
};

/* Copy what is pending into the worker's arena. */
struct frontier *frontier_note(const struct sweep *w, const struct block *b);

/* A copy in another arena, without its successor: a worker's is gone with its next block. */
struct frontier *frontier_copy(const struct frontier *f, const struct graph *g, struct arena *a);

/* Write the blocks under the key `frontier`. */
void frontier_write(struct draft *d, const struct graph *g, const struct frontier *f);

/* Read them back; dies where the record has none. */
struct frontier *frontier_read(const struct graph *g, const struct record *r);

/* Mark the values that the relevance on its way is read with: a gradient's are R = u dv/du. */
void frontier_needs(const struct frontier *f, const struct plan *q, bool *need);

/* Put one back in place, in a block of the same steps. */
void frontier_place(const struct frontier *f, struct sweep *w, struct block *b);

#endif
