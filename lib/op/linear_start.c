/* SPDX-License-Identifier: Apache-2.0 */
/* Where sweeps start: one neuron of a dense layer, by linear.c's formulas for one output. */
#include <stdlib.h>

#include "op/explicit.h"
#include "op/linear.h"
#include "network/shares.h"

double linear_output(struct model *m, int node, const real *x, long neuron)
{
	long in = linear_inputs(m, node);
	const real *bias = model_bias(m, node);
	real *w = must_alloc((size_t)in, sizeof *w);
	double sum = bias ? bias[neuron] : 0;

	model_weight_row(m, node, neuron, w);
	for (long i = 0; i < in; i++)
		sum += (double)w[i] * x[i];
	free(w);
	return sum;
}

/* Hand `at` of a neuron on to the inputs of one row, in proportion to share [in]. */
static void start_row(struct block *b, int node, long step, double at, const real *share)
{
	int input = b->sentence->model->graph->node[node].input[0];
	long in = linear_inputs(b->sentence->model, node);
	const int *to = block_rows_in(b, node, input);
	real *r = block_input(b, input) + (to ? to[step - b->first] : step - b->first) * in;

	for (long i = 0; i < in; i++)
		r[i] += (real)(at * share[i]);
}

void linear_start(struct block *b, int node, long step, long neuron, double at)
{
	const struct sentence *s = b->sentence;
	long in = linear_inputs(s->model, node);
	const real *x = s->value[s->model->graph->node[node].input[0]] + step * in;
	const real *bias = model_bias(s->model, node);
	real *share = pool_take(b->pool, (size_t)in * sizeof *share);
	double lost[LOSSES];

	model_weight_row(s->model, node, neuron, share);
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
	struct model *m = b->sentence->model;
	real *row = pool_take(b->pool, (size_t)linear_inputs(m, node) * sizeof *row);

	model_weight_row(m, node, neuron, row);
	start_row(b, node, step, at, row);
	pool_give(b->pool, row);
}
