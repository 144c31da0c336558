/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_GROUPS_H
#define LRP_ABLATION_GROUPS_H

#include <stddef.h>

/* Heads that are compared with one another: of a kind, of a layer, or all; as places in a list. */
struct head_group {
	const char *name;
	long *head, count;
};

struct head_groups {
	struct head_group *at;
	long count;
};

/* Put a head into the group of this name, of `length` characters; a new one is made. */
void head_groups_add(struct head_groups *g, const char *name, size_t length, long head);

/* As in stat/correlation.h. */
typedef double correlation_of(const double *x, const double *y, long n);

/*
 * The mean of the correlations of x and y, [heads], within the groups: of those that have one, and
 * `least` heads or more. NaN where none does.
 */
double head_groups_correlation(const struct head_groups *g, correlation_of *correlation,
	const double *x, const double *y, long least);

#endif
