/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_PRODUCT_H
#define LRP_NETWORK_PRODUCT_H

#include "network/shares.h"

/* How a product's relevance is split between the factors of attention. */
static inline enum contribution product_rule(const struct rule *r)
{
	return r->attention == HALVES ? HALF : r->product;
}

/* Is the fast form for `magnitude` without eps right? */
static inline bool product_is_magnitude(const struct rule *r)
{
	return r->contribution == MAGNITUDE && product_rule(r) == MAGNITUDE && r->eps == 0 &&
	       r->attention == PRODUCT;
}

/*
 * A product z = u w that gets the share t of an output's relevance hands it on to its factors by
 * (4): a contribution rule with the factors as contributions, or half to each. What it loses is
 * added to `lost`, weighted with t.
 */
static inline void product_split(const struct rule *r, double t, double u, double w, real *to_u,
	real *to_w, double lost[LOSSES])
{
	if (product_rule(r) == HALF) {
		*to_u = *to_w = (real)(t / 2);
		return;
	}
	double positive = (u > 0 ? u : 0) + (w > 0 ? w : 0);
	double negative = (u < 0 ? u : 0) + (w < 0 ? w : 0);
	struct coefficients c = shares_of_sums(r, r->product, positive, negative, 0);

	*to_u = (real)(t * share_of(&c, u));
	*to_w = (real)(t * share_of(&c, w));
	for (int k = 0; k < LOSSES; k++)
		lost[k] += t * c.lost[k];
}

#endif
