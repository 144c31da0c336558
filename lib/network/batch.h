/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_BATCH_H
#define LRP_NETWORK_BATCH_H

#include "graph/graph.h"
#include "network/network.h"
#include "record/tokens.h"

/*
 * Sentences that are computed together. Their rows lie one after another without padding, so that
 * a dense layer is one matrix product; only attention looks at where a sentence begins. While a
 * target is generated, the queries are a sentence's newest positions (at first all of a text that
 * is continued, then one at a time) and the keys all its positions so far (in a cache); otherwise
 * both are all rows.
 */
struct span {
	long start, rows;
};
struct batch {
	int sentences;
	long rows[2];		       /* of all sentences, by side */
	const struct span *queries[2]; /* one a sentence, by side */
	const struct span *keys[2];
	const int32_t *ids[2]; /* token ids of all rows, by side */
};

/* The rows of a side: the tokens of each sentence, queries and keys alike. */
void batch_side(
	struct batch *b, enum side side, const struct tokens *const *tokens, struct arena *a);

/* Elements of a node's value, and those of a [heads, queries, keys] value before a sentence's. */
long batch_value_size(const struct network *net, int node, const struct batch *b);
long batch_pairs_before(const struct node *n, const struct batch *b, int sentence);

#endif
