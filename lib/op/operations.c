/* SPDX-License-Identifier: Apache-2.0 */
#include "op/operations.h"

#include "base/die.h"
#include "network/matrix.h"

static const struct op *const ops[] = { &op_embed, &op_linear, &op_add, &op_norm, &op_activation,
	&op_scores, &op_softmax, &op_context, &op_rms, &op_multiply, &op_rotate, &op_scale };

const struct op *op_of(const struct kind *kind)
{
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (ops[i]->kind == kind)
			return ops[i];
	return NULL;
}

struct network *network_bind(const struct graph *g, struct weight_source source, struct arena *a)
{
	size_t nodes = (size_t)g->nodes;
	struct network *net = arena_zero(a, 1, sizeof *net);

	net->graph = g;
	net->source = source;
	net->arena = a;
	net->threads = 1;
	net->block = matrix_block(g);
	net->op = arena_zero(a, nodes, sizeof *net->op);
	for (int part = 0; part < PARTS; part++)
		net->weight[part] = arena_zero(a, nodes, sizeof *net->weight[part]);
	for (int part = 0; part < PARTS; part++)
		for (int way = 0; way < WAYS; way++)
			net->panels[part][way] =
				arena_zero(a, nodes, sizeof *net->panels[part][way]);
	net->bias = arena_zero(a, nodes, sizeof *net->bias);
	for (int i = 0; i < g->nodes; i++) {
		const struct node *n = &g->node[i];

		net->op[i] = op_of(n->kind);
		if (!net->op[i])
			die("graph: node '%s': no operation '%s' here", n->name, n->kind->name);
	}
	return net;
}
