/* SPDX-License-Identifier: Apache-2.0 */
/* Where sweeps start: one neuron of a dense layer, by linear.c's formulas for one output. */
#include <stdlib.h>

#include "op/explicit.h"
#include "op/linear.h"
#include "network/shares.h"

double linear_output(struct network *net, int node, const real *x, long neuron)
{
	long in = linear_inputs(net, node);
	const real *bias = network_bias(net, node);
	real *w = must_alloc((size_t)in, sizeof *w);
	double sum = bias ? bias[neuron] : 0;

	network_weight_row(net, node, neuron, w);
	for (long i = 0; i < in; i++)
		sum += (double)w[i] * x[i];
	free(w);
	return linear_capped(net, node, sum);
}

/* Hand `at` of a neuron on to the inputs of one row, in proportion to share [in]. */
static void start_row(struct block *b, int node, long step, double at, const real *share)
{
	int input = b->sentence->network->graph->node[node].input[0];
	long in = linear_inputs(b->sentence->network, node);
	const int *to = block_rows_in(b, node, input);
	real *r = block_input(b, input) + (to ? to[step - b->first] : step - b->first) * in;

	for (long i = 0; i < in; i++)
		r[i] += (real)(at * share[i]);
}

void linear_start(struct block *b, int node, long step, long neuron, double at)
{
	const struct sentence *s = b->sentence;
	long in = linear_inputs(s->network, node);
	const real *x =
		s->value[s->network->graph->node[node].input[0]] + s->steps.position[step] * in;
	const real *bias = network_bias(s->network, node);
	real *share = pool_take(b->pool, (size_t)in * sizeof *share);
	double lost[LOSSES];

	network_weight_row(s->network, node, neuron, share);
	for (long i = 0; i < in; i++)
		share[i] *= x[i];
	explicit_row(s->rule, share, in, bias ? bias[neuron] : 0, lost);
	shares_note_bias(s, node, lost);
	start_row(b, node, step, at, share);
	for (int k = 0; k < LOSSES; k++)
		b->lost[k][step - b->first] += at * lost[k];
	pool_give(b->pool, share);
}

void linear_start_gradient(struct block *b, int node, long step, long neuron, double at)
{
	const struct sentence *s = b->sentence;
	struct network *net = s->network;
	const real *x = s->value[net->graph->node[node].input[0]] +
			s->steps.position[step] * linear_inputs(net, node);
	real *row = pool_take(b->pool, (size_t)linear_inputs(net, node) * sizeof *row);
	double slope = linear_cap_slope(net, node, linear_output(net, node, x, neuron));

	network_weight_row(net, node, neuron, row);
	start_row(b, node, step, at * slope, row);
	pool_give(b->pool, row);
}
