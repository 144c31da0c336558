/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"

#include <string.h>

#include "base/die.h"

int graph_find(const struct graph *g, const char *name)
{
	for (int i = 0; i < g->nodes; i++)
		if (strcmp(g->node[i].name, name) == 0)
			return i;
	return -1;
}

bool node_is_heads(const struct node *n)
{
	return strcmp(n->op, "context") == 0;
}

/* Attention compares two sides; everything else stays on one. */
static void check_sides(const struct graph *g, const struct node *n)
{
	for (int k = 0; k < n->inputs; k++)
		if (g->node[n->input[k]].side != (k && n->heads ? n->keys : n->side))
			die("graph: input '%s' of node '%s' is on the wrong side",
				g->node[n->input[k]].name, n->name);
	if (n->heads && n->keys == TARGET && !(n->side == TARGET && n->causal))
		die("graph: node '%s': attention to target positions must be causal", n->name);
}

static void check_node(const struct graph *g, int i)
{
	const struct node *n = &g->node[i];

	if (n->width < 1 || n->width > 1 << 24)
		die("graph: node '%s' has %d neurons", n->name, n->width);
	for (int k = 0; k < n->inputs; k++)
		if (n->input[k] < 0 || n->input[k] >= i)
			die("graph: an input of node '%s' does not come before it", n->name);
	if (n->heads < 0 || (n->heads && n->width % n->heads))
		die("graph: node '%s': %d heads do not divide %d neurons", n->name, n->heads,
			n->width);
	check_sides(g, n);
	for (int k = 0; k < i; k++)
		if (strcmp(g->node[k].name, n->name) == 0)
			die("graph: two nodes are called '%s'", n->name);
}

void graph_check(const struct graph *g)
{
	if (g->nodes < 1)
		die("graph: it has no nodes");
	for (int i = 0; i < g->nodes; i++)
		check_node(g, i);
	if (g->node[g->nodes - 1].side != TARGET)
		die("graph: the last node, '%s', is not on the target's side",
			g->node[g->nodes - 1].name);
}
