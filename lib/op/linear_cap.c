/* SPDX-License-Identifier: Apache-2.0 */
/* The cap of logits, y = C tanh(z / C), and its slope 1 - tanh^2(z / C): a part of linear.c. */
#include <math.h>

#include "op/linear.h"
#include "network/matrix.h"

static double cap_of(const struct network *net, int node)
{
	const struct dense *d = net->graph->node[node].set;

	return d->cap;
}

double linear_capped(const struct network *net, int node, double z)
{
	double cap = cap_of(net, node);

	return cap != 0 ? cap * tanh(z / cap) : z;
}

void linear_cap_rows(const struct network *net, int node, long count, real *z)
{
	for (long i = 0; cap_of(net, node) != 0 && i < count; i++)
		z[i] = (real)linear_capped(net, node, z[i]);
}

double linear_cap_slope(const struct network *net, int node, double y)
{
	double cap = cap_of(net, node);

	return cap != 0 ? 1 - y * y / (cap * cap) : 1;
}

/* r [width] *= the slopes at the outputs of x [in]; z [width] is room for them. */
static void slope_row(struct network *net, int node, const real *x, real *z, real *r)
{
	const real *bias = network_bias(net, node);
	long width = net->graph->node[node].width;

	matrix_forward(net, node, PLAIN, 0, 1, x, 0, z);
	for (long o = 0; o < width; o++) {
		double y = linear_capped(net, node, z[o] + (bias ? bias[o] : 0));

		r[o] *= (real)linear_cap_slope(net, node, y);
	}
}

void linear_cap_back(struct block *b, int node)
{
	struct network *net = b->sentence->network;
	const struct layout *l = block_layout(b, node);
	const real *x = b->sentence->value[net->graph->node[node].input[0]];
	long in = linear_inputs(net, node), width = net->graph->node[node].width;

	if (cap_of(net, node) == 0)
		return;
	real *z = pool_take(b->pool, (size_t)width * sizeof *z);

	for (long row = 0; row < l->rows; row++)
		slope_row(
			net, node, x + l->position[row] * in, z, b->relevance[node] + row * width);
	pool_give(b->pool, z);
}

void linear_cap_carry(struct carry *c, int node)
{
	struct network *net = c->sentence->network;
	const struct node *n = &net->graph->node[node];
	const real *x = c->sentence->value[n->input[0]];
	long in = linear_inputs(net, node), rows = c->sentence->rows[n->side];

	if (cap_of(net, node) == 0)
		return;
	real *z = pool_take(c->pool, (size_t)n->width * sizeof *z);

	for (long row = 0; row < c->slots[node] * rows; row++)
		slope_row(net, node, x + row % rows * in, z, c->at[node] + row * n->width);
	pool_give(c->pool, z);
}
