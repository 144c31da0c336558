/* SPDX-License-Identifier: Apache-2.0 */
/*
 * activation: a function of each neuron.
 *
 * Forward     y = f(x); relu max(x, 0); gelu x Phi(x); gelu_new x (1 + tanh(sqrt(2/pi) (x +
 *             0.044715 x^3))) / 2; swish (silu) x / (1 + e^-x); tanh; sigmoid
 * Relevance   passes unchanged: R_in = R
 * Carry       the same: H = H_in
 * Keeps       everything
 * Source      Voita et al. 2019, (6); Hendrycks and Gimpel 2016
 */
#include <math.h>
#include <string.h>

#include "base/die.h"
#include "op/op.h"

static void relu(real *y, long count)
{
	for (long i = 0; i < count; i++)
		y[i] = y[i] > 0 ? y[i] : 0;
}

static void gelu(real *y, long count)
{
	for (long i = 0; i < count; i++)
		y[i] = (real)(y[i] * 0.5 * erfc(-y[i] / sqrt(2)));
}

static void gelu_new(real *y, long count)
{
	const double k = sqrt(2 / acos(-1));

	for (long i = 0; i < count; i++) {
		double x = y[i];

		y[i] = (real)(x * 0.5 * (1 + tanh(k * (x + 0.044715 * x * x * x))));
	}
}

static void swish(real *y, long count)
{
	for (long i = 0; i < count; i++)
		y[i] = (real)(y[i] / (1 + exp(-(double)y[i])));
}

static void hyperbolic(real *y, long count)
{
	for (long i = 0; i < count; i++)
		y[i] = (real)tanh(y[i]);
}

static void sigmoid(real *y, long count)
{
	for (long i = 0; i < count; i++)
		y[i] = (real)(1 / (1 + exp(-(double)y[i])));
}

static const struct {
	const char *name;
	void (*apply)(real *y, long count);
} functions[] = { { "relu", relu }, { "gelu", gelu }, { "gelu_new", gelu_new },
	{ "gelu_pytorch_tanh", gelu_new }, { "swish", swish }, { "silu", swish },
	{ "tanh", hyperbolic }, { "sigmoid", sigmoid } };

enum { FUNCTIONS = sizeof functions / sizeof *functions };

static int find(const char *name)
{
	int i = 0;

	while (i < FUNCTIONS && strcmp(functions[i].name, name))
		i++;
	return i;
}

static void check(const struct model *m, int node)
{
	const struct node *n = &m->graph->node[node];

	if (!n->function || find(n->function) == FUNCTIONS)
		die("graph: node '%s': no activation function '%s' here", n->name,
			n->function ? n->function : "");
	if (m->graph->node[n->input[0]].width != n->width)
		die("graph: node '%s' changes the number of neurons", n->name);
}

static void forward(struct model *m, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &m->graph->node[node];
	long count = b->rows[n->side] * n->width;

	memcpy(value[node], value[n->input[0]], (size_t)count * sizeof(real));
	functions[find(n->function)].apply(value[node], count);
}

static void relevance(struct block *b, int node)
{
	block_pass(b, node, b->sentence->model->graph->node[node].input[0]);
}

static void carry_on(struct carry *c, int node)
{
	carry_pass(c, c->sentence->model->graph->node[node].input[0], node);
}

const struct op op_activation = {
	.name = "activation",
	.inputs = 1,
	.check = check,
	.forward = forward,
	.relevance = relevance,
	.carry = carry_on,
};
