/* SPDX-License-Identifier: Apache-2.0 */
/*
 * activation: a function of each neuron.
 *
 * Forward     y = f(x); linear x; relu max(x, 0); gelu x Phi(x); gelu_new x (1 + tanh(sqrt(2/pi) (x
 * + 0.044715 x^3))) / 2; swish (silu) x / (1 + e^-x); tanh; sigmoid Relevance   passes unchanged:
 * R_in = R Carry       the same: H = H_in Gradient    dv/dx = f'(x) dv/dy Keeps       everything
 * Source      Voita et al. 2019, (6); Hendrycks and Gimpel 2016
 */
#include <math.h>
#include <string.h>

#include "base/die.h"
#include "op/op.h"

/* Each function with its derivative. */
static double identity(double x)
{
	return x;
}

static double one(double x)
{
	(void)x;
	return 1;
}

static double relu(double x)
{
	return x > 0 ? x : 0;
}

static double relu_slope(double x)
{
	return x > 0;
}

static double gelu(double x)
{
	return x * 0.5 * erfc(-x / sqrt(2));
}

static double gelu_slope(double x)
{
	return 0.5 * erfc(-x / sqrt(2)) + x * exp(-x * x / 2) / sqrt(2 * acos(-1));
}

static double gelu_new(double x)
{
	return x * 0.5 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}

static double gelu_new_slope(double x)
{
	double k = sqrt(2 / acos(-1)), t = tanh(k * (x + 0.044715 * x * x * x));

	return 0.5 * (1 + t) + x * 0.5 * (1 - t * t) * k * (1 + 3 * 0.044715 * x * x);
}

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double sigmoid_slope(double x)
{
	return sigmoid(x) * (1 - sigmoid(x));
}

static double swish(double x)
{
	return x * sigmoid(x);
}

static double swish_slope(double x)
{
	return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
}

static double tanh_slope(double x)
{
	return 1 - tanh(x) * tanh(x);
}

static const struct {
	const char *name;
	double (*apply)(double x), (*slope)(double x);
} functions[] = { { "relu", relu, relu_slope }, { "gelu", gelu, gelu_slope },
	{ "gelu_new", gelu_new, gelu_new_slope }, { "gelu_pytorch_tanh", gelu_new, gelu_new_slope },
	{ "swish", swish, swish_slope }, { "silu", swish, swish_slope },
	{ "tanh", tanh, tanh_slope }, { "sigmoid", sigmoid, sigmoid_slope },
	{ "linear", identity, one } };

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

	double (*apply)(double x) = functions[find(n->function)].apply;

	for (long i = 0; i < count; i++)
		value[node][i] = (real)apply(value[n->input[0]][i]);
}

static void gradient(struct block *b, int node)
{
	const struct node *n = &b->sentence->model->graph->node[node];
	const struct layout *l = block_layout(b, node);
	double (*slope)(double x) = functions[find(n->function)].slope;

	for (long row = 0; row < l->rows; row++) {
		const real *x = b->sentence->value[n->input[0]] + (long)l->position[row] * n->width;
		real *g = b->relevance[node] + row * n->width;

		for (long i = 0; i < n->width; i++)
			g[i] *= (real)slope(x[i]);
	}
}

static void relevance(struct block *b, int node)
{
	if (b->sentence->rule->contribution == GRADIENT)
		gradient(b, node);
	block_pass(b, node, b->sentence->model->graph->node[node].input[0]);
}

static void carry_on(struct carry *c, int node)
{
	const struct node *n = &c->sentence->model->graph->node[node];
	const real *x = c->sentence->value[n->input[0]];
	long size = carry_size(c, node);

	carry_pass(c, n->input[0], node);
	if (c->sentence->rule->contribution == GRADIENT)
		for (long i = 0; i < c->slots[node] * size; i++)
			c->at[node][i] *= (real)functions[find(n->function)].slope(x[i % size]);
}

const struct op op_activation = {
	.name = "activation",
	.inputs = 1,
	.gradient_uses_inputs = true,
	.check = check,
	.forward = forward,
	.relevance = relevance,
	.carry = carry_on,
};
