/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_MEASURE_H
#define LRP_SWEEP_MEASURE_H

#include "graph/graph.h"
#include "stream/stream.h"

/*
 * Write what a measure of whole sentences says of the heads of a site: a heads record of one step,
 * y [heads], for the sentence of a trace record.
 */
void measure_put(struct outstream *out, const struct record *trace, const struct node *site,
	const double *y);

#endif
