/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_INTERVAL_CELLS_H
#define LRP_ABLATION_INTERVAL_CELLS_H

#include <stdio.h>

/* Cells of a table, each behind a tab, empty where there is no number. */
void put_number(FILE *to, double x);

/*
 * "value low high": value[0] is of the data, the others, which get sorted, of so many samples, whose
 * quantiles the interval is.
 */
void put_interval(FILE *to, double *value, long samples);

/*
 * The same for a correlation, or a difference of two. A sample has the noise of its sentences
 * twice, which lowers correlations: quantiles would lie below the value. `most`: 1, or 2.
 */
void put_correlation(FILE *to, const double *value, long samples, double most);

#endif
