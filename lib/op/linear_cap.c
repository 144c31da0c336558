/* SPDX-License-Identifier: Apache-2.0 */
/* The cap of logits, y = C tanh(z / C), and its slope 1 - tanh^2(z / C): a part of linear.c. */
#include <math.h>
#include <string.h>

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

/* Rows whose outputs are computed together. */
enum { SLOPE_ROWS = 16 };

/* r [count, width] *= the slopes at the outputs of rows of the node's input x, those of `position`; NULL:
 * all `rows` of them, again and again. */
static void slope_rows(struct network *net, int node, struct pool *pool, const real *x,
	const int *position, long rows, long count, real *r)
{
	const real *bias = network_bias(net, node);
	long in = linear_inputs(net, node), width = net->graph->node[node].width;
	real *some = pool_take(pool, (size_t)(SLOPE_ROWS * in) * sizeof *some);
	real *z = pool_take(pool, (size_t)(SLOPE_ROWS * width) * sizeof *z);

	for (long first = 0; first < count; first += SLOPE_ROWS) {
		long n = count - first < SLOPE_ROWS ? count - first : SLOPE_ROWS;

		for (long k = first; k < first + n; k++)
			memcpy(some + (k - first) * in,
				x + (position ? position[k] : k % rows) * in,
				(size_t)in * sizeof *some);
		matrix_forward(net, node, PLAIN, 1, n, some, 0, z);
		for (long k = 0; k < n * width; k++) {
			double y = linear_capped(net, node, z[k] + (bias ? bias[k % width] : 0));

			r[first * width + k] *= (real)linear_cap_slope(net, node, y);
		}
	}
	pool_give(pool, some);
	pool_give(pool, z);
}

void linear_cap_back(struct block *b, int node)
{
	struct network *net = b->sentence->network;
	const struct layout *l = block_layout(b, node);

	if (cap_of(net, node) != 0)
		slope_rows(net, node, b->pool, b->sentence->value[net->graph->node[node].input[0]],
			l->position, 0, l->rows, b->relevance[node]);
}

void linear_cap_carry(struct carry *c, int node)
{
	struct network *net = c->sentence->network;
	const struct node *n = &net->graph->node[node];
	long rows = c->sentence->rows[n->side];

	if (cap_of(net, node) != 0)
		slope_rows(net, node, c->pool, c->sentence->value[n->input[0]], NULL, rows,
			c->slots[node] * rows, c->at[node]);
}
