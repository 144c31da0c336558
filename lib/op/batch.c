/* SPDX-License-Identifier: Apache-2.0 */
#include "op/batch.h"

#include "op/op.h"

long batch_pairs_before(const struct node *n, const struct batch *b, int sentence)
{
	long before = 0;

	for (int s = 0; s < sentence; s++)
		before += n->heads * b->queries[n->side][s].rows * b->keys[n->keys][s].rows;
	return before;
}

long batch_value_size(const struct model *m, int node, const struct batch *b)
{
	const struct node *n = &m->graph->node[node];

	if (m->op[node]->pairs)
		return batch_pairs_before(n, b, b->sentences);
	return b->rows[n->side] * n->width;
}
