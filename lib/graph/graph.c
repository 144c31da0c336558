/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static int compare_names(const void *a, const void *b, void *nodes)
{
	const struct node *node = nodes;
	int x = *(const int *)a, y = *(const int *)b, order = strcmp(node[x].name, node[y].name);

	return order ? order : x - y;
}

static void sort_names(const struct graph *g, int *by_name)
{
	for (int i = 0; i < g->nodes; i++)
		by_name[i] = i;
	qsort_r(by_name, (size_t)g->nodes, sizeof *by_name, compare_names, g->node);
}

void graph_index(struct graph *g, struct arena *a)
{
	int *by_name = arena_array(a, (size_t)g->nodes, sizeof *by_name);

	sort_names(g, by_name);
	g->by_name = by_name;
}

/* The first of the sorted nodes whose name is not below this one. */
static int find_sorted(const struct graph *g, const char *name)
{
	int low = 0, high = g->nodes;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (strcmp(g->node[g->by_name[middle]].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int graph_find(const struct graph *g, const char *name)
{
	if (g->by_name) {
		int at = find_sorted(g, name);

		return at < g->nodes && !strcmp(g->node[g->by_name[at]].name, name) ? g->by_name[at]
										    : -1;
	}
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
}

static void check_names(const struct graph *g)
{
	int *by_name = must_alloc((size_t)g->nodes, sizeof *by_name);

	sort_names(g, by_name);
	for (int i = 1; i < g->nodes; i++)
		if (strcmp(g->node[by_name[i - 1]].name, g->node[by_name[i]].name) == 0)
			die("graph: two nodes are called '%s'", g->node[by_name[i]].name);
	free(by_name);
}

void graph_check(const struct graph *g)
{
	if (g->nodes < 1)
		die("graph: it has no nodes");
	for (int i = 0; i < g->nodes; i++)
		check_node(g, i);
	check_names(g);
	if (g->node[g->nodes - 1].side != TARGET)
		die("graph: the last node, '%s', is not on the target's side",
			g->node[g->nodes - 1].name);
}
