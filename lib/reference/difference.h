/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REFERENCE_DIFFERENCE_H
#define LRP_REFERENCE_DIFFERENCE_H

#include "graph/graph.h"
#include "tensor/tensor.h"

/*
 * How an array lies that has the numbers [rows, width] of a node, and perhaps more dimensions of 1:
 * neurons may be split into heads, and these may stand in front of the rows. A shape can be both.
 */
struct arrangement {
	bool rows_first; /* [rows, width], [rows, heads, neurons] */
	long heads;	 /* [heads, rows, neurons]; 0: it is not that */
};

/* False: the shape has other numbers. */
bool arrange(const struct tensor *shape, long rows, long width, struct arrangement *found);

/* What of an array is compared with what of a node's value. */
struct compared {
	const double *array, *value; /* [rows, width], [positions, neurons] */
	long rows, width, neurons;
	struct arrangement arrangement; /* of both, the one that agrees better counts */
	const int *position;		/* of each row; NULL: the same */
	const struct weight *slice;	/* the neurons are these columns; NULL: the same */
	double scale;			/* the array may also be the value without this factor */
};

/* The largest difference, and where it is. */
struct difference {
	double error; /* relative to the largest number of the array; infinite: one is not finite */
	double largest;
	long row, neuron; /* of the node's value */
	double here, there;
};

struct difference differ_most(const struct compared *c);

#endif
