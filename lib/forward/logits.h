/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FORWARD_LOGITS_H
#define LRP_FORWARD_LOGITS_H

#include "network/network.h"

/*
 * The logits z [vocabulary] at some positions, in memory that does not grow with their number:
 * visit() sees those of position[i], which it may change, and which are gone when it returns. `x`
 * are the values of the node that logits are made from, [positions, width].
 */
void logits_run(struct network *net, const real *x, const int *position, long count,
	void (*visit)(void *context, long i, real *z), void *context, struct arena *a);

/* log sum_v exp(z_v) = top + log(sum), where `top` is the largest z: no exponential overflows. */
struct log_sum {
	double top, sum;
};
struct log_sum log_sum_of(const real *z, long width);

/* KL(q || p) = sum_v q_v (log q_v - log p_v), in nats, of q = softmax(from), p = softmax(z), whose sums these are. */
double logits_divergence(
	const real *from, struct log_sum from_sum, const real *z, struct log_sum sum, long width);

#endif
