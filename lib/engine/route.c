/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/route.h"

#include <math.h>

#include "voita2021/voita.h"

const struct route *route_of(const struct rule *rule)
{
	return rule->attention == JOINT ? &route_by_blocks : &route_by_nodes;
}

struct plan route_plan(struct network *net, const struct request *asked, struct arena *a)
{
	struct plan plan = { .network = net,
		.rule = asked->rule,
		.site = asked->site,
		.keeps = asked->to != NULL,
		.start = start_node(asked),
		.whole_row = start_is_row(asked) };

	route_of(asked->rule)->plan(&plan, a);
	return plan;
}

double leak_limit(const struct request *q)
{
	if (q->max_leak >= 0)
		return q->max_leak;
	if (!rule_conserves(q->rule) || rule_is_signed_alphabeta(q->rule))
		return INFINITY;
	return sizeof(real) == sizeof(double) ? 1e-6 : q->bf16 ? 1e-2 : 1e-4;
}
