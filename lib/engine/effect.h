/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ENGINE_EFFECT_H
#define LRP_ENGINE_EFFECT_H

#include "engine/heads_run.h"
#include "measure/against.h"

/*
 * To first order, how the logits of each step change with each head: J_h is the derivative of the
 * last node's input along the values of head h, as it was carried there, and
 *
 *     dz[h,v] = sum_i dz_v/du_i J_h[i]
 *
 * visit() sees every step once, from any of the workers' threads: of `count` tokens, all or the
 * likeliest `top`, made to sum to 1, the probabilities p [count] and x [heads, count], with
 *
 *     x[h,v] = dz[h,v] - sum_v p_v dz[h,v]
 *
 * With a second trace, q [count] are its model's probabilities of the same tokens, which are then the likeliest
 * by p + q, and kl = KL(q || p) over all tokens; else q is NULL.
 */
struct effect_step {
	long step, count;
	const double *p, *q;
	const real *x;
	double kl;
	struct pool *pool; /* of the thread */
};

void effect_steps(const struct heads_task *t, struct against *against,
	void (*visit)(void *context, const struct effect_step *s), void *context);

/*
 * log(1 + sum_v p_v (exp(-x_v) - 1 + x_v)) of x [count]: where sum_v p_v x_v = 0 that is
 * KL(softmax(z) || softmax(z - dz)), in nats. No term is negative, and none is a difference of
 * numbers that are close to each other.
 */
double effect_divergence(const double *p, const real *x, long count);

#endif
