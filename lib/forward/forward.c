/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/forward.h"

#include "network/op.h"

void forward_needs(const struct model *m, bool *need)
{
	for (int i = m->graph->nodes - 1; i >= 0; i--) {
		const struct node *n = &m->graph->node[i];

		for (int k = 0; need[i] && k < n->inputs; k++)
			need[n->input[k]] = true;
	}
}

void forward_run(
	struct model *m, const struct batch *b, const bool *need, real **value, struct arena *a)
{
	for (int i = 0; i < m->graph->nodes; i++) {
		if (!need[i] || value[i])
			continue;
		value[i] = arena_array(a, (size_t)batch_value_size(m, i, b), sizeof(real));
		m->op[i]->forward(m, i, b, value);
	}
}
