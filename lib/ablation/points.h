/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_POINTS_H
#define LRP_ABLATION_POINTS_H

#include <stdio.h>

/* Which heads to mask: the points of an experiment, before any loss is known. */
struct points_request {
	const char *sites; /* a table of site and heads: the heads there are */
	const char
		*scores; /* a table of order, head, score, the most relevant first in each order */
	const char *losses; /* the directory of the files of losses */
	long points;	    /* of a curve, the last one without any head */
	long random, seed;  /* random orders */
};

/*
 * Write the plan as a table of order, direction, removed, head, file, mask: nothing masked, every
 * head alone, and for each order more and more heads from both of its ends; of random orders from
 * one. Equal masks have one file, named after the hash of the mask. Dies where an order does not
 * have just the heads there are.
 */
void points_write(const struct points_request *q, FILE *out);

#endif
