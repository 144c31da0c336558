/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep/start.h"

#include <string.h>

#include "base/die.h"
#include "op/linear.h"
#include "stream/tokens.h"

static void check_neurons(const struct graph *g, const int32_t *neuron, long steps)
{
	for (long t = 0; t < steps; t++)
		if (neuron[t] < 0 || neuron[t] >= g->node[g->nodes - 1].width)
			die("step %ld starts at token %d, which the model does not have", t,
				neuron[t]);
}

static void top_neurons(const struct record *r, int32_t *neuron, long steps)
{
	struct tensor t = map_tensor(record_map(r, "top"), "top", "ids");

	tensor_expect(&t, "top.ids", 2, steps, -1L);
	if (!t.shape[1])
		die("tensor 'top.ids' names no token");
	const int32_t *top = tensor_ints(&t, r->arena, "top.ids");
	for (long i = 0; i < steps; i++)
		neuron[i] = top[i * t.shape[1]];
}

const int32_t *start_neurons(const struct layer_request *q, const struct record *r, long steps)
{
	int32_t *neuron = arena_array(r->arena, (size_t)steps, sizeof *neuron);

	if (q->start == START_TOP)
		top_neurons(r, neuron, steps);
	else if (q->start == START_FORCED)
		memcpy(neuron, record_tokens(r, "target").ids, (size_t)steps * sizeof *neuron);
	else
		for (long i = 0; i < steps; i++)
			neuron[i] = q->id;
	check_neurons(q->graph, neuron, steps);
	return neuron;
}

const double *start_relevance(const struct layer_request *q, struct model *m, struct arena *a,
	real *const *value, const int32_t *neuron, long steps)
{
	const struct graph *g = q->graph;
	int last = g->nodes - 1, in = g->node[last].input[0];
	double *start = arena_array(a, (size_t)steps, sizeof *start);

	model_bias(m, last); /* converted before threads share the model */
	for (long t = 0; t < steps; t++) {
		const real *x = value[in] + t * g->node[in].width;

		start[t] = q->from_logit ? linear_output(m, last, x, neuron[t]) : 1;
	}
	return start;
}
