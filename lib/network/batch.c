/* SPDX-License-Identifier: Apache-2.0 */
#include "network/batch.h"

#include <string.h>

#include "network/op.h"

void batch_side(
	struct batch *b, enum side side, const struct tokens *const *tokens, struct arena *a)
{
	struct span *spans = arena_array(a, (size_t)b->sentences, sizeof *spans);
	int32_t *ids;

	for (int i = 0; i < b->sentences; i++) {
		spans[i] = (struct span){ b->rows[side], tokens[i]->count };
		b->rows[side] += spans[i].rows;
	}
	ids = arena_array(a, (size_t)b->rows[side] + 1, sizeof *ids);
	for (int i = 0; i < b->sentences && b->rows[side]; i++)
		memcpy(ids + spans[i].start, tokens[i]->ids, (size_t)spans[i].rows * sizeof *ids);
	b->queries[side] = b->keys[side] = spans;
	b->ids[side] = ids;
}

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
