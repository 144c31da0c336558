/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_OP_RULE_H
#define LRP_OP_RULE_H

#include <stdbool.h>

#include "base/arena.h"
#include "stream/draft.h"

/*
 * A contribution rule: which share of an output's relevance each of its contributions z_i gets.
 * Every rule has the form
 *
 *     share_i = z_i^+ p + z_i^- n
 *
 * with p and n the same for all contributions to one output:
 *
 *     ratio      p = n = 1 / stab(sum z)                    Voita et al. 2019, (3) and (4)
 *     magnitude  p = -n = 1 / (sum |z| + eps)               (3) and (4) on magnitudes
 *     alphabeta  p = alpha / (sum z^+ + eps),               Bach et al. 2015, beta = alpha - 1
 *                n = (1 - alpha) / (sum z^- - eps);         all to one side where the other is empty
 *
 * stab(z) = z + eps for z >= 0, z - eps for z < 0. Where the denominator is exactly zero nothing is
 * shared out and the ledger has the loss.
 */
enum contribution { RATIO, MAGNITUDE, ALPHABETA };

struct rule {
	const char *name; /* as typed */
	enum contribution contribution;
	double eps, alpha;
	bool absorb; /* the bias is one more contribution, which keeps its share */
};

/* The rule typed as NAME[:key=value,...]; a mistake in it is a usage error. */
struct rule rule_parse(const char *text, struct arena *a);

/* Every key of the rule spelled out, as the map `rule` of a header. */
void rule_write(struct draft *d, const struct rule *r);

/* Does every operation hand on all the relevance it gets (zero denominators apart)? */
bool rule_conserves(const struct rule *r);

/* Are shares always >= 0, so that single precision keeps (1)? */
bool rule_is_positive(const struct rule *r);

#endif
