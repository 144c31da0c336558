/* SPDX-License-Identifier: Apache-2.0 */
#include "network/batch.h"

#include "network/op.h"

long batch_pairs_before(const struct node *n, const struct batch *b, int sentence)
{
	long before = 0;

	for (int s = 0; s < sentence; s++)
		before +=
			node_heads(n) * b->queries[n->side][s].rows * b->keys[node_keys(n)][s].rows;
	return before;
}

long batch_value_size(const struct network *net, int node, const struct batch *b)
{
	const struct node *n = &net->graph->node[node];

	if (node_is_pairs(n))
		return batch_pairs_before(n, b, b->sentences);
	return b->rows[n->side] * n->width;
}
