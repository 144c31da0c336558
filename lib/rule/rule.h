/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RULE_RULE_H
#define LRP_RULE_RULE_H

#include <stdbool.h>

#include "base/arena.h"
#include "graph/graph.h"
#include "record/draft.h"

/*
 * How relevance is handed on. The contribution rule says which share of an output's relevance each
 * of its contributions z_i gets; every one has the form
 *
 *     share_i = z_i^+ p + z_i^- n
 *
 * with p and n the same for all contributions to one output:
 *
 *     ratio      p = n = 1 / stab(sum z)                    Voita et al. 2019, (3) and (4)
 *     magnitude  p = -n = 1 / (sum |z| + eps)               (3) and (4) on magnitudes
 *     alphabeta  p = alpha / (sum z^+ + eps),               Bach et al. 2015, beta = alpha - 1
 *                n = (1 - alpha) / (sum z^- - eps);         all to the side that is not empty;
 *                                                           negative shares where alpha > 1
 *     gamma      p = (1 + gamma) / D, n = 1 / D             Montavon et al. 2019, either sign
 *                with D = stab(sum z + gamma sum z^+) for sum z >= 0; else p and n change places
 *                and D = stab(sum z + gamma sum z^-)
 *
 * stab(z) = z + eps for z >= 0, z - eps for z < 0. Where the denominator is zero, or below
 * REAL_TINY (tensor/real.h), nothing is shared out and the ledger has the loss: under `bias` where
 * all contributions are zero and the output is its bias, else under `zero`. `gradient` has no
 * shares: see enum contribution.
 */
enum contribution {
	RATIO,
	MAGNITUDE,
	ALPHABETA,
	GAMMA,
	HALF,	 /* of a product's factors only: half to each */
	GRADIENT /* no redistribution: R_u = u dv/du by the chain rule */
};

/* What becomes of the share of a bias. */
enum bias {
	EXCLUDE, /* it has none: all relevance goes on to the inputs, where there is one that is not
		    0 */
	ABSORB,	 /* it is one more contribution and keeps its share */
	SPREAD	 /* b/n is added to each of the n contributions */
};

enum attention_rule {
	PRODUCT,  /* weights and values are factors: (4), then (3) */
	CONSTANT, /* weights are constants: values get all */
	HALVES,	  /* half to the weights and half to the values; to queries and keys likewise */
	JOINT	  /* one Jacobian for queries, keys and values: voita2021, voita2021/voita.h */
};

/* Is relevance multiplied after each operation? */
enum rescale {
	RESCALE_NO,
	RESCALE_L1 /* so that its L1 norm is that of the outputs' relevance: voita2021 */
};

enum softmax {
	PASS,  /* an activation like any other: (6) */
	TAYLOR /* R_x = x (R_s - s sum_j R_s,j), Achtibat et al. 2024 */
};

enum norm {
	LINEAR,	  /* a dense layer, with the scale 1/s held */
	IDENTITY, /* relevance passes */
	JACOBIAN, /* a dense layer with the full derivative as its matrix */
	CENTRED	  /* x - mean(x) only; mean and difference by (3), gain and bias ignored (Ding) */
};

struct rule {
	const char *name;			 /* as typed */
	enum contribution contribution, product; /* for (3), and for (4) */
	enum bias bias;
	enum attention_rule attention;
	enum softmax softmax;
	enum norm norm;
	enum rescale rescale;
	bool averaged; /* values by A alone instead of by their share A v / c (Ding) */
	double eps, alpha, gamma;
};

/* The rule typed as NAME[:key=value,...]; a mistake in it is a usage error. */
struct rule rule_parse(const char *text, struct arena *a);

/*
 * Ding's reading of a norm is of models that normalise behind each block. Where the residual goes
 * round the norms, his code passes relevance through them: norm=centred becomes norm=identity.
 */
void rule_fit(struct rule *r, const struct graph *g);

/* Every named rule set, a line each with its source, on standard output. */
void rule_list(void);

/* Every key of the rule spelled out, as the map `rule` of a header. */
void rule_write(struct draft *d, const struct rule *r);

/* Does every operation hand on all the relevance it gets (zero denominators apart)? */
bool rule_conserves(const struct rule *r);

/* Is it alphabeta with a beta = alpha - 1 > 0, whose shares of the negative side are < 0? */
bool rule_is_signed_alphabeta(const struct rule *r);

/* Are shares always >= 0, so that single precision keeps (1)? */
bool rule_is_positive(const struct rule *r);

#endif
