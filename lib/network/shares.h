/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_SHARES_H
#define LRP_NETWORK_SHARES_H

#include "network/block.h"

/* p and n of rule.h for one output, and what goes to nobody: share_i = z_i^+ p + z_i^- n. */
struct coefficients {
	double p, n;
	double lost[LOSSES];
};

/*
 * The coefficients of rule.h by one of its contribution rules, for the sums z^+ >= 0 and z^- <= 0
 * of an output's contributions and for its bias (0: none), which counts with bias=absorb. With
 * bias=exclude it keeps all where there is no contribution, both sums being zero.
 */
struct coefficients shares_of_sums(
	const struct rule *r, enum contribution how, double positive, double negative, double bias);

/* The share of one contribution. */
static inline double share_of(const struct coefficients *c, double z)
{
	return z > 0 ? z * c->p : z * c->n;
}

/* Remember that an output of the node was its bias alone. Threads may do so at once. */
void shares_note_bias(const struct sentence *s, int node, const double lost[LOSSES]);

/*
 * Note the losses of element i in shares->lost [count], allocating what is first needed.
 */
void shares_note_lost(
	struct sentence *s, int node, long count, long i, const struct coefficients *c);

/*
 * The coefficients of many outputs at once, for the two rules whose p is n or -n: sum[count] has the
 * sums of their contributions (ratio) or of their magnitudes, and then p; bias[] or NULL. The shares
 * of biases and of eps go to lost_bias and lost_eps, NULL where the rule has none. False, and nothing
 * is done: another rule, or a sum that is nearly zero, for shares_of_sums() to look at.
 */
bool shares_of_many(const struct rule *r, long count, real *sum, const real *bias, real *lost_bias,
	real *lost_eps);

/* The same for elements `first` on of a node, of so many in all; notes what is lost. */
bool shares_of_row(struct sentence *s, int node, long all, long first, long count, real *sum,
	const real *bias);

#endif
