/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ENGINE_ROUTE_H
#define LRP_ENGINE_ROUTE_H

#include "backward/backward.h"

/* The way back that a rule takes. */
const struct route *route_of(const struct rule *rule);

/* The plan of a sweep to the sites of a request, all the way back. */
struct plan route_plan(struct network *net, const struct request *asked, struct arena *a);

/*
 * How much of a start may be missing at a site: what was asked for, or the rule's own limit. Of
 * alphabeta with alpha > 1 it has none, as rounding grows with what is amplified.
 */
double leak_limit(const struct request *q);

#endif
