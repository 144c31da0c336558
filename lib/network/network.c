/* SPDX-License-Identifier: Apache-2.0 */
#include "network/network.h"

#include <pthread.h>
#include <string.h>

#include "base/die.h"
#include "network/op.h"
#include "network/part.h"
#include "network/slice.h"

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

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void network_lock(void)
{
	pthread_mutex_lock(&lock);
}

void network_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static const real *load_weight(struct network *net, int node, enum part part)
{
	const struct node *n = &net->graph->node[node];
	const real *w = NULL;
	long shape[2] = { 0, 1 };

	n->kind->weight(net->graph, n, shape);
	if (part == PLAIN)
		w = slice_in_place(net, node, &n->weight, shape[0], shape[1]);
	if (w)
		return w;
	real *own = slice_load(net, node, &n->weight, shape[0], shape[1]);

	part_take(own, part, (size_t)shape[0] * (size_t)shape[1], own);
	return own;
}

const real *network_weight(struct network *net, int node, enum part part)
{
	const real **kept = &net->weight[part][node], *w = __atomic_load_n(kept, __ATOMIC_ACQUIRE);

	if (w)
		return w;
	network_lock();
	w = *kept ? *kept : load_weight(net, node, part);
	__atomic_store_n(kept, w, __ATOMIC_RELEASE);
	network_unlock();
	return w;
}

const real *network_bias(struct network *net, int node)
{
	const struct node *n = &net->graph->node[node];
	const real **kept = &net->bias[node], *bias = __atomic_load_n(kept, __ATOMIC_ACQUIRE);

	if (bias || !n->bias.tensor)
		return bias;
	network_lock();
	bias = *kept ? *kept : slice_load(net, node, &n->bias, n->width, 1);
	__atomic_store_n(kept, bias, __ATOMIC_RELEASE);
	network_unlock();
	return bias;
}

const real *network_weight_rows(
	const struct network *net, int node, long first, long count, real *room)
{
	const struct node *n = &net->graph->node[node];
	long in = net->graph->node[n->input[0]].width;

	if (net->weight[PLAIN][node])
		return net->weight[PLAIN][node] + first * in;
	slice_rows(net, node, &n->weight, first, count, n->width, in, room);
	return room;
}

void network_weight_row(const struct network *net, int node, long row, real *out)
{
	const struct node *n = &net->graph->node[node];
	long in = n->inputs ? net->graph->node[n->input[0]].width : n->width;

	if (net->weight[PLAIN][node])
		memcpy(out, net->weight[PLAIN][node] + row * in, (size_t)in * sizeof *out);
	else
		slice_row(net, node, &n->weight, row, in, out);
}
