/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RULE_LOST_H
#define LRP_RULE_LOST_H

/* What becomes of relevance that no input gets: the ledger has a sum for each. */
enum loss {
	LOST_BIAS,    /* the shares of biases, with bias=absorb; all where there is nothing else */
	LOST_EPS,     /* the share of eps in the denominators */
	LOST_ZERO,    /* all that stood where a denominator is exactly zero */
	LOST_SOFTMAX, /* the bias of its expansion, with softmax=taylor */
	LOSSES
};

#endif
