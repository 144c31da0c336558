/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/owner.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "build/stream_nodes.h"

/* A module that has a weight of the graph, or what stands behind one of the dots in its name. */
struct module {
	const char *name;
	int node;
	bool whole;
};

struct owners {
	const struct graph *graph;
	struct weight_source weights;
	struct module *modules; /* sorted by name, then node */
	size_t count, room;
	int *nodes; /* scratch: some of the graph's */
	struct arena arena;
};

static int compare(const void *a, const void *b)
{
	const struct module *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->node - y->node;
}

/* "h.0.ln_1" of the tensor "h.0.ln_1.weight", in old files "....gamma"; NULL: it is of another kind. */
static const char *module_of(const struct weight *w, struct arena *a)
{
	const char *dot = w->tensor ? strrchr(w->tensor, '.') : NULL;

	if (!dot || (strcmp(dot, ".weight") && strcmp(dot, ".gamma")))
		return NULL;
	return arena_text(a, w->tensor, (size_t)(dot - w->tensor));
}

/* Is the node's value what the module gives, and nothing added to it that is not the module's own? */
static bool is_own(const struct node *n, const char *module)
{
	size_t length = strlen(module);
	const char *bias = n->bias.tensor;
	const struct dense *output = n->kind->logits ? n->set : NULL;

	if (node_is_pairs(n) || (output && output->cap != 0))
		return false;
	return !bias || (strncmp(bias, module, length) == 0 && bias[length] == '.' &&
				!strchr(bias + length + 1, '.'));
}

static void add_module(struct owners *o, const char *module, int node)
{
	for (const char *name = module; name; name = strchr(name, '.')) {
		name += *name == '.';
		if (o->count == o->room) {
			o->room = o->room ? 2 * o->room : 256;
			o->modules = must_realloc(o->modules, o->room, sizeof *o->modules);
		}
		o->modules[o->count++] = (struct module){ name, node, name == module };
	}
}

struct owners *owners_new(const struct graph *g, struct weight_source weights)
{
	struct owners *o = must_alloc(1, sizeof *o);

	*o = (struct owners){ .graph = g, .weights = weights };
	o->nodes = must_alloc((size_t)g->nodes, sizeof *o->nodes);
	for (int i = 0; i < g->nodes; i++) {
		const char *module = module_of(&g->node[i].weight, &o->arena);

		if (module && is_own(&g->node[i], module))
			add_module(o, module, i);
	}
	if (o->count)
		qsort(o->modules, o->count, sizeof *o->modules, compare);
	return o;
}

/* The first module that does not stand before this name and node. */
static size_t first_from(const struct owners *o, const char *name, int node)
{
	const struct module wanted = { .name = name, .node = node };
	size_t low = 0, high = o->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&o->modules[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The nodes of modules of exactly this name, or of those that end with it, where these are one. */
static int nodes_named(const struct owners *o, const char *name, bool whole, int *nodes)
{
	size_t end = first_from(o, name, o->graph->nodes);
	const char *tensor = NULL;
	int count = 0;

	for (size_t i = first_from(o, name, -1); i < end; i++) {
		const struct module *m = &o->modules[i];

		if (whole && !m->whole)
			continue;
		if (tensor && strcmp(tensor, o->graph->node[m->node].weight.tensor) != 0)
			return 0;
		tensor = o->graph->node[m->node].weight.tensor;
		nodes[count++] = m->node;
	}
	return count;
}

/* The nodes of a module of the framework, by the name it has there. */
static int nodes_of_module(const struct owners *o, const char *name, int *nodes)
{
	int count = nodes_named(o, name, true, nodes);

	if (!count)
		count = nodes_named(o, name, false, nodes);
	for (const char *dot = strchr(name, '.'); dot && !count; dot = strchr(dot + 1, '.'))
		count = nodes_named(o, dot + 1, true, nodes);
	return count;
}

/* Does the node take some columns of what its module gives? How many there are in all: as many as
 * the tensor has outputs. */
static bool is_joined(const struct owners *o, const struct node *n, long *columns)
{
	struct tensor t;

	if (!node_is_dense(o->graph, n) || !n->weight.rows ||
		!o->weights.find(o->weights.from, n->weight.tensor, &t) || t.dimensions != 2)
		return false;
	*columns = t.shape[n->weight.transposed ? 1 : 0];
	return true;
}

/* What an array of the node would have: of pairs a row is a head. A module of scaled embeddings may
 * leave the factor to what follows it. */
static struct claim claim_of(
	const struct owners *o, const struct candidates *c, int node, const struct row_counts *rows)
{
	const struct node *n = &o->graph->node[node];
	struct claim x = {
		.node = node, .rows = rows->positions[n->side], .width = n->width, .scale = 1
	};

	if (node_is_pairs(n)) {
		x.rows = node_heads(n);
		x.width = rows->positions[n->side] * rows->positions[node_keys(n)];
	}
	if (c->module) {
		x.slice = is_joined(o, n, &x.width);
		x.scale = table_scale(n);
	}
	return x;
}

static bool fits(const struct tensor *shape, struct claim *x)
{
	return arrange(shape, x->rows, x->width, &x->arrangement);
}

static _Noreturn void die_shape(const struct owners *o, const struct claim *x,
	const struct tensor *shape, const char *steps, const char *what, struct arena *a)
{
	die("%s has the shape %s, and node '%s' [%ld, %ld]%s; was it made of this line?", what,
		tensor_shape_text(shape, a), o->graph->node[x->node].name, x->rows, x->width,
		steps);
}

struct claims owners_choose(const struct owners *o, const struct candidates *c,
	const struct tensor *shape, const struct row_counts *rows, const char *what,
	struct arena *a)
{
	struct claims found = { arena_zero(a, (size_t)c->count, sizeof(struct claim)), 0 };
	const struct claim first = claim_of(o, c, c->nodes[0], rows);
	struct claim x;

	for (int i = 0; i < c->count; i++) {
		x = claim_of(o, c, c->nodes[i], rows);
		if ((x.slice || !found.count) && fits(shape, &x))
			found.at[found.count++] = x;
	}
	if (found.count)
		return found;
	x = first;
	x.steps = true;
	x.rows = rows->steps;
	if (!c->steps || !fits(shape, &x))
		die_shape(o, &first, shape,
			c->steps && x.rows != first.rows
				? arena_printf(a, ", at its steps [%ld, %ld]", x.rows, x.width)
				: "",
			what, a);
	found.at[found.count++] = x;
	return found;
}

struct candidates owners_find(const struct owners *o, const char *name, struct arena *a)
{
	struct candidates c = { .count = 1, .steps = strcmp(name, "logits") == 0 };
	int *nodes = o->nodes;

	*nodes = c.steps ? graph_logits(o->graph) : graph_find(o->graph, name);
	if (*nodes < 0)
		c.count = stream_nodes(o->graph, name, nodes);
	if (!c.count) {
		c.module = true;
		c.count = nodes_of_module(o, name, nodes);
	}
	int *own = arena_array(a, (size_t)c.count, sizeof *own);

	memcpy(own, nodes, (size_t)c.count * sizeof *own);
	c.nodes = own;
	return c;
}
