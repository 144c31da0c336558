/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_SCRIPT_H
#define LRP_ABLATION_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>

/* What is to be drawn of a table of points. */
struct script_request {
	const char *file;      /* the table; "-": standard input */
	const char *direction; /* least, most, or both */
	const char *orders;    /* names with spaces between, in this order; NULL: all */
	double top;	       /* of the picture; < 0: what the curves need */
	const char *title;     /* above it; NULL: none */
	bool png;	       /* else SVG */
};

/*
 * Write the gnuplot script of the curves: x heads removed, y loss or KL divergence, which the axis
 * says, from the unmasked model on; bands are intervals, random orders grey. Behind the script
 * stands a line "# title" for each plot, in their order. Dies where the table is none, or has no such orders.
 */
void script_write(const struct script_request *q, FILE *out);

#endif
