/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CARRIED_CARRIED_H
#define LRP_CARRIED_CARRIED_H

#include "carried/meeting.h"

/* The arrays of all carried heads at the meeting node, [heads, rows, width]. */
struct carried {
	const struct meeting *meeting;
	const struct sentence *sentence;
	int heads, *site;   /* of each head: the node it is at */
	int *number;	    /* and its number there */
	int blocks, *block; /* block b has heads block[b] .. block[b+1]-1 */
	real *at;
};

/* List the heads below the meeting, in blocks that bound memory. */
struct carried *carried_new(
	const struct meeting *m, const struct sentence *s, const bool *site, struct arena *a);

/* Carry one block of heads to the meeting. */
void carried_run(struct carried *c, int block, struct worker *w);

/*
 * The relevance of every head for the steps of a block of a backward sweep that stands at the
 * meeting: out[step * heads + head].
 */
void carried_meet(const struct carried *c, const struct block *b, double *out);

#endif
