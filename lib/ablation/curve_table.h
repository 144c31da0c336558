/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_CURVE_TABLE_H
#define LRP_ABLATION_CURVE_TABLE_H

#include <stdbool.h>

#include "ablation/plan.h"
#include "base/arena.h"

/* A curve: losses of an order whose heads are removed from one of its ends. */
struct drawn_curve {
	enum curve_direction direction;
	const char *order;
	bool banded; /* has it intervals? */
	long count;
	struct curve_point {
		double removed, loss, low, high; /* low, high: NaN where there are none */
	} * point;
};

/* The curves of a table, in the order in which they begin. */
struct curve_table {
	struct drawn_curve *curve;
	int count;
	bool divergence;   /* from the unmasked model, in place of a loss */
	double base;	   /* the loss without masks; NaN: not in the table */
	double lowest;	   /* the smallest loss with masks */
	const char *known; /* names of the orders there are, with commas */
};

/* Is a curve wanted? */
typedef bool curve_filter(const void *context, enum curve_direction direction, const char *order);

/*
 * Read a table with the columns order, direction, removed, loss or kl, increase, low, high, by their
 * names and among others. A curve begins at the unmasked loss. Dies, naming the line, where one is missing
 * or no number.
 */
struct curve_table curve_table_read(
	const char *file, curve_filter *wanted, const void *context, struct arena *a);

#endif
