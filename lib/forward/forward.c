/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/forward.h"

#include "base/progress.h"
#include "network/matrix.h"
#include "network/op.h"

struct lent_values lent_new(const struct graph *g, const bool *computed, struct arena *a)
{
	struct lent_values l = { .pool = pool_new() };

	l.node = arena_zero(a, (size_t)g->nodes, sizeof *l.node);
	l.last = arena_zero(a, (size_t)g->nodes, sizeof *l.last);
	for (int i = 0; i < g->nodes; i++)
		for (int k = 0; computed[i] && k < g->node[i].inputs; k++)
			l.last[g->node[i].input[k]] = i;
	return l;
}

void lent_free(struct lent_values *l)
{
	pool_free(l->pool);
}

real *lent_take(struct lent_values *l, int node, long count)
{
	l->node[node] = true;
	return pool_take(l->pool, (size_t)count * sizeof(real));
}

void lent_give(struct lent_values *l, const struct graph *g, int node, real **value)
{
	for (int k = 0; k < g->node[node].inputs; k++) {
		int input = g->node[node].input[k];

		if (!l->node[input] || l->last[input] != node)
			continue;
		pool_give(l->pool, value[input]);
		value[input] = NULL;
		l->node[input] = false;
	}
}

/* What is computed: what is kept, and what that is made of, as far as it is not there. */
static bool *computed(const struct graph *g, const bool *keep, real *const *value, struct arena *a)
{
	bool *need = arena_zero(a, (size_t)g->nodes, sizeof *need);

	for (int i = g->nodes - 1; i >= 0; i--) {
		need[i] = (need[i] || keep[i]) && !value[i];
		for (int k = 0; need[i] && k < g->node[i].inputs; k++)
			need[g->node[i].input[k]] = true;
	}
	return need;
}

/* Is a matrix converted, or looked through where it is mapped, before the node is computed? */
static bool is_unread(const struct network *net, int node)
{
	return node_is_dense(net->graph, &net->graph->node[node]) && matrix_is_unread(net, node);
}

void forward_run(
	struct network *net, const struct batch *b, const bool *keep, real **value, struct arena *a)
{
	const struct graph *g = net->graph;
	const bool *now = computed(g, keep, value, a);
	struct lent_values lent = lent_new(g, now, a);

	for (int i = 0; i < g->nodes; i++) {
		if (!now[i])
			continue;
		long count = batch_value_size(net, i, b);

		progress_at(net->progress, is_unread(net, i) ? "reading weights" : "forward",
			g->node[i].name);
		value[i] = keep[i] ? arena_array(a, (size_t)count, sizeof(real))
				   : lent_take(&lent, i, count);
		net->op[i]->forward(net, i, b, value);
		lent_give(&lent, g, i, value);
	}
	lent_free(&lent);
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
