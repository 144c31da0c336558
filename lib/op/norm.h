/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_OP_NORM_H
#define LRP_OP_NORM_H

#include <math.h>

#include "network/op.h"
#include "op/explicit.h"

/* The readings of a layer norm that norm.c chooses from; each file has its formulas on top. */

/* eps of a norm node */
static inline double norm_eps(const struct node *n)
{
	const struct normalisation *set = n->set;

	return set->eps;
}

/* m and 1/s of a row x [width] */
static inline void norm_moments(
	const real *x, long width, double eps, double *mean, double *inverse)
{
	double sum = 0, square = 0;

	for (long i = 0; i < width; i++)
		sum += x[i];
	*mean = sum / (double)width;
	for (long i = 0; i < width; i++)
		square += (x[i] - *mean) * (x[i] - *mean);
	*inverse = 1 / sqrt(square / (double)width + eps);
}

/* norm_jacobian.c */
contributions norm_jacobian;
void norm_gradient(struct block *b, int node);
void norm_gradient_carry(struct carry *c, int node);

/* norm_centred.c */
void norm_centred(struct block *b, int node);
void norm_centred_carry(struct carry *c, int node);

#endif
