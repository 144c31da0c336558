/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed: rows of a table, by token id or by position, or the same one. A leaf: relevance stops here.
 *
 * Forward     y[t,:] = scale * E[id[t],:]            a table of the checkpoint
 *             y[t,:] = scale * E[t,:]                positions, stored
 *             y[t,:] = scale * E[0,:]                constant, as of the one type of tokens
 *             y[t,j] = sin((first + t) f_j)          positions, computed; cosines behind the sines
 *             f_j = 10000^(-2j/d)                    j < ceil(d/2)
 *             f_j = 10000^(-j/(h-1))                 inclusive: j < h = floor(d/2); where d is odd,
 *                                                    the last neuron is 0
 * Keeps       everything
 * Source      Vaswani et al. 2017, section 3.5; with all sines in front
 */
#include <math.h>

#include "base/die.h"
#include "network/op.h"

static void sinusoid(long position, int width, real *y)
{
	int sines = (width + 1) / 2;

	for (int j = 0; j < width; j++) {
		int k = j < sines ? j : j - sines;
		double angle = (double)position / pow(10000, 2.0 * k / width);

		y[j] = (real)(j < sines ? sin(angle) : cos(angle));
	}
}

static void inclusive_sinusoid(long position, int width, real *y)
{
	int half = width / 2;

	y[width - 1] = 0;
	for (int k = 0; k < half; k++) {
		double angle = (double)position / pow(10000, (double)k / (half - 1));

		y[k] = (real)sin(angle);
		y[half + k] = (real)cos(angle);
	}
}

static long row_of(const struct embedding *e, const int *ids, long query, long position)
{
	if (e->constant)
		return 0;
	return e->positions ? position : ids[query];
}

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	const struct embedding *e = n->set;
	real *y = value[node], scale = e->scale != 0 ? (real)e->scale : 1;

	for (int s = 0; s < b->sentences; s++) {
		struct span q = b->queries[n->side][s];
		long past = b->keys[n->side][s].rows - q.rows;

		for (long t = 0; t < q.rows; t++) {
			real *row = y + (q.start + t) * n->width;

			if (!n->weight.tensor)
				(e->inclusive ? inclusive_sinusoid : sinusoid)(
					e->first + past + t, n->width, row);
			else
				network_weight_row(net, node,
					row_of(e, b->ids[n->side], q.start + t, past + t), row);
			for (int j = 0; j < n->width; j++)
				row[j] *= scale;
		}
	}
}

const struct op op_embed = { .kind = &kind_embed, .forward = forward };
