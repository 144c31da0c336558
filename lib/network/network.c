/* SPDX-License-Identifier: Apache-2.0 */
#include "network/network.h"

#include <stdint.h>
#include <string.h>

#include "base/die.h"
#include "tensor/convert.h"
#include "network/op.h"
#include "tensor/vectorised.h"

#ifdef REAL_IS_DOUBLE
#define convert tensor_to_doubles
#else
#define convert tensor_to_floats
#endif

const struct direction *op_direction(const struct op *op, const struct rule *rule)
{
	return rule->contribution == GRADIENT ? &op->gradient : &op->relevance;
}

bool op_takes(const struct op *op, const struct rule *rule, int k)
{
	return !op->takes || (op->takes(rule) >> k & 1);
}

double op_cost(const struct op *op, const struct graph *g, int node, const struct rule *rule,
	const long rows[2])
{
	const struct direction *d = op_direction(op, rule);

	return d->cost ? d->cost(g, &g->node[node], rule, rows) : 4.0 * g->node[node].width;
}

/* The tensor of a node, of the size that the graph says. */
static struct tensor find(const struct network *net, int node, const char *name, size_t count)
{
	struct tensor t;

	if (!net->source.find(net->source.from, name, &t))
		die("the checkpoint has no tensor '%s', which node '%s' needs", name,
			net->graph->node[node].name);
	if (t.count != count)
		die("tensor '%s' has %zu elements; node '%s' needs %zu", name, t.count,
			net->graph->node[node].name, count);
	return t;
}

static size_t weight_count(const struct network *net, int node)
{
	const struct node *n = &net->graph->node[node];
	long shape[2] = { 0, 1 };

	n->kind->weight(net->graph, n, shape);
	return (size_t)shape[0] * (size_t)shape[1];
}

VECTORISED
static bool all_finite(const real *x, size_t count)
{
	int wrong = 0;

	for (size_t i = 0; i < count; i++)
		wrong |= !(x[i] - x[i] == 0);
	return !wrong;
}

static void check_finite(const char *name, const real *x, size_t count)
{
	if (!all_finite(x, count))
		die("tensor '%s' has a NaN or an infinite value", name);
}

/* The tensor converted, in memory of its own. */
static real *load(const struct network *net, int node, const char *name, size_t count)
{
	struct tensor t = find(net, node, name, count);
	real *out = arena_array(net->arena, count, sizeof *out);

	convert(&t, out);
	check_finite(name, out, count);
	return out;
}

/* The tensor as it lies in the mapped checkpoint, where nothing is to convert; else NULL. */
static const real *in_place(const struct network *net, int node, size_t count)
{
	const char *name = net->graph->node[node].weight;
	struct tensor t = find(net, node, name, count);

	if (strcmp(t.type, REAL_TYPE) || (uintptr_t)t.data % sizeof(real))
		return NULL;
	check_finite(name, t.data, count);
	return t.data;
}

VECTORISED
static void take_part(real *w, enum part part, size_t count)
{
	real up = part != NEGATIVE, down = part == SIZE ? -1 : part != POSITIVE;

	for (size_t i = 0; i < count; i++)
		w[i] *= w[i] > 0 ? up : down;
}

const real *network_weight(struct network *net, int node, enum part part)
{
	size_t count = weight_count(net, node);
	const char *name = net->graph->node[node].weight;

	if (!net->weight[part][node] && part == PLAIN)
		net->weight[part][node] = in_place(net, node, count);
	if (!net->weight[part][node]) {
		real *w = load(net, node, name, count);

		take_part(w, part, count);
		net->weight[part][node] = w;
	}
	return net->weight[part][node];
}

const real *network_bias(struct network *net, int node)
{
	const struct node *n = &net->graph->node[node];

	if (!net->bias[node] && n->bias)
		net->bias[node] = load(net, node, n->bias, (size_t)n->width);
	return net->bias[node];
}

void network_weight_row(const struct network *net, int node, long row, real *out)
{
	const struct node *n = &net->graph->node[node];
	long in = n->inputs ? net->graph->node[n->input[0]].width : n->width;

	if (net->weight[PLAIN][node]) {
		memcpy(out, net->weight[PLAIN][node] + row * in, (size_t)in * sizeof *out);
		return;
	}
	struct tensor t;
	if (!net->source.find(net->source.from, n->weight, &t) || row < 0 ||
		(size_t)(row + 1) * (size_t)in > t.count)
		die("tensor '%s' has no row %ld, which node '%s' needs", n->weight, row, n->name);
	t.data = (const char *)t.data + (size_t)(row * in) * tensor_element(t.type);
	t.count = (size_t)in;
	convert(&t, out);
}
