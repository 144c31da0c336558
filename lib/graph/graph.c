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

bool weight_is_slice(const struct weight *w)
{
	return w->first || w->rows || w->transposed;
}

long weight_place(const struct weight *w, long row)
{
	return w->first + (w->block ? row / w->block * w->every + row % w->block : row);
}

bool node_is_heads(const struct node *n)
{
	return n->kind->heads;
}

const struct attention *attention_of(const struct node *n)
{
	return n->kind->attends ? n->set : NULL;
}

const bool *node_masked(const struct node *n)
{
	return node_is_heads(n) ? attention_of(n)->masked : NULL;
}

double attention_scale(const struct node *n)
{
	double scale = attention_of(n)->scale;

	return scale != 0 ? scale : 1;
}

/* What has no input is a table. */
double table_scale(const struct node *n)
{
	double scale = n->inputs ? 1 : ((const struct embedding *)n->set)->scale;

	return scale != 0 ? scale : 1;
}

bool node_is_dense(const struct graph *g, const struct node *n)
{
	long shape[2];

	return n->inputs == 1 && n->kind->weight && n->kind->weight(g, n, shape) == 2;
}

bool node_keeps_heads(const struct node *n)
{
	return n->kind->keeps_heads && n->kind->keeps_heads(n);
}

bool node_is_pairs(const struct node *n)
{
	return n->kind->gives == PAIRS;
}

long row_width(const struct node *n, const long rows[2])
{
	return node_is_pairs(n) ? node_heads(n) * rows[node_keys(n)] : n->width;
}

int node_heads(const struct node *n)
{
	return n->kind->attends ? attention_of(n)->heads : 0;
}

enum side node_keys(const struct node *n)
{
	return n->kind->attends ? (enum side)attention_of(n)->keys : n->side;
}

long keys_seen(const struct attention *a, long query, long keys)
{
	return a->causal && query < keys ? query + 1 : keys;
}

long keys_from(const struct attention *a, long query)
{
	return a->window && query >= a->window ? query - a->window + 1 : 0;
}

int key_heads(const struct attention *a)
{
	return a->kv_heads ? a->kv_heads : a->heads;
}

long key_head(const struct attention *a, long head)
{
	return head / (a->heads / key_heads(a));
}

bool sees_past_only(const struct attention *a)
{
	return a->causal;
}

bool graph_has_side(const struct graph *g, enum side side)
{
	for (int i = 0; i < g->nodes; i++)
		if (g->node[i].side == side)
			return true;
	return false;
}

int graph_logits(const struct graph *g)
{
	return g->nodes - 1;
}

enum side graph_steps(const struct graph *g)
{
	return g->node[graph_logits(g)].side;
}

/* An input's value has the form that the node takes, and the positions. */
static void check_input(const struct graph *g, const struct node *n, int k)
{
	const struct node *in = &g->node[n->input[k]];

	if (in->kind->gives != n->kind->input[k].takes)
		die("graph: node '%s': '%s' cannot be its input", n->name, in->name);
	if (in->side != (n->kind->input[k].side == KEYS ? node_keys(n) : n->side))
		die("graph: input '%s' of node '%s' is on the wrong side", in->name, n->name);
}

/* Sizes of a slice that the node can have: as many rows as it needs, or any of a table (0). */
static void check_slice(const struct node *n, const char *key, const struct weight *w, long rows,
	bool may_transpose)
{
	const long limit = 1 << 30;
	bool wrong = w->first < 0 || w->first > limit || w->rows < 0 || w->rows > limit;

	wrong |= w->block < 0 || w->every < w->block || w->every > limit || (w->every && !w->block);
	wrong |= (w->first || w->block) && !w->rows;
	if (wrong || (w->rows && rows && w->rows != rows) || (w->transposed && !may_transpose))
		die("graph: node '%s': its '%s' is not a slice that it can multiply with", n->name,
			key);
}

static void check_slices(const struct graph *g, const struct node *n)
{
	long shape[2] = { 0, 0 };
	int dimensions = n->kind->weight ? n->kind->weight(g, n, shape) : 0;

	check_slice(n, "weight", &n->weight, shape[0], dimensions != 1);
	check_slice(n, "bias", &n->bias, n->width, false);
}

static void check_inputs(const struct node *n)
{
	int least = n->kind->inputs, most = n->kind->most ? n->kind->most : least;

	if (n->inputs >= least && n->inputs <= most)
		return;
	if (most > least)
		die("graph: node '%s': '%s' has %d to %d inputs, not %d", n->name, n->kind->name,
			least, most, n->inputs);
	die("graph: node '%s': '%s' has %d inputs, not %d", n->name, n->kind->name, least,
		n->inputs);
}

static void check_node(const struct graph *g, int i)
{
	const struct node *n = &g->node[i];

	if (n->width < 1 || n->width > 1 << 24)
		die("graph: node '%s' has %d neurons", n->name, n->width);
	check_inputs(n);
	for (int k = 0; k < n->inputs; k++)
		if (n->input[k] < 0 || n->input[k] >= i)
			die("graph: an input of node '%s' does not come before it", n->name);
	for (int k = 0; k < n->inputs; k++)
		check_input(g, n, k);
	if ((n->weight.tensor && !n->kind->weighted) || (n->bias.tensor && !n->kind->biased))
		die("graph: node '%s': '%s' has no '%s'", n->name, n->kind->name,
			n->kind->weighted ? "bias" : "weight");
	if (n->kind->check)
		n->kind->check(g, n);
	check_slices(g, n);
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
	if (!g->node[g->nodes - 1].kind->logits)
		die("graph: the last node, '%s', is not 'linear'", g->node[g->nodes - 1].name);
	check_names(g);
}
