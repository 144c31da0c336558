/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/pass.h"

#include "forward/forward.h"
#include "op/operations.h"

struct pass {
	struct network *network;
	struct arena model_memory;
	struct arena arena; /* of one text */
};

static struct pass *pass_open(const struct pass_request *request)
{
	struct pass *p = must_alloc(1, sizeof *p);

	p->network = network_bind(request->graph, request->weights, &p->model_memory);
	p->network->threads = request->threads;
	return p;
}

static const struct tensor *pass_values(
	struct pass *p, const struct tokens tokens[2], const bool *marked)
{
	const struct graph *g = p->network->graph;
	size_t nodes = (size_t)g->nodes;
	struct batch b = { .sentences = 1 };

	arena_reset(&p->arena);
	for (enum side side = SOURCE; side <= TARGET; side++)
		batch_side(&b, side, &(const struct tokens *){ &tokens[side] }, &p->arena);
	real **value = arena_zero(&p->arena, nodes, sizeof *value);
	struct tensor *values = arena_zero(&p->arena, nodes, sizeof *values);

	forward_run(p->network, &b, marked, value, &p->arena);
	for (int i = 0; i < g->nodes; i++)
		if (marked[i])
			values[i] = forward_value(p->network, &b, value, i, 0);
	return values;
}

const struct pass_engine pass_engine = { pass_open, pass_values };
