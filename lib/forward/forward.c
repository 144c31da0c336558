/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/forward.h"

#include "base/progress.h"
#include "network/op.h"

void forward_needs(const struct network *net, bool *need)
{
	for (int i = net->graph->nodes - 1; i >= 0; i--) {
		const struct node *n = &net->graph->node[i];

		for (int k = 0; need[i] && k < n->inputs; k++)
			need[n->input[k]] = true;
	}
}

/* Is a matrix converted, or looked through where it is mapped, before the node is computed? */
static bool is_unread(const struct network *net, int node)
{
	return node_is_dense(net->graph, &net->graph->node[node]) && !net->block &&
	       !net->weight[PLAIN][node];
}

void forward_run(
	struct network *net, const struct batch *b, const bool *need, real **value, struct arena *a)
{
	for (int i = 0; i < net->graph->nodes; i++) {
		if (!need[i] || value[i])
			continue;
		progress_at(net->progress, is_unread(net, i) ? "reading weights" : "forward",
			net->graph->node[i].name);
		value[i] = arena_array(a, (size_t)batch_value_size(net, i, b), sizeof(real));
		net->op[i]->forward(net, i, b, value);
	}
}

struct tensor forward_value(const struct network *net, const struct batch *b, real *const *value,
	int node, int sentence)
{
	const struct node *n = &net->graph->node[node];
	long rows = b->queries[n->side][sentence].rows;
	long keys = b->keys[node_keys(n)][sentence].rows;
	struct tensor t = { .type = REAL_TYPE, .dimensions = 2, .shape = { rows, n->width } };

	if (node_is_pairs(n)) {
		t = (struct tensor){
			.type = REAL_TYPE, .dimensions = 3, .shape = { node_heads(n), rows, keys }
		};
		t.data = value[node] + batch_pairs_before(n, b, sentence);
		t.count = (size_t)(node_heads(n) * rows * keys);
	} else {
		t.data = value[node] + b->queries[n->side][sentence].start * n->width;
		t.count = (size_t)(rows * n->width);
	}
	return t;
}
