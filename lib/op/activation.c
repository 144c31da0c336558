/* SPDX-License-Identifier: Apache-2.0 */
/*
 * activation: a function of each neuron.
 *
 * Forward     y = f(x):
 *                 linear      x
 *                 relu        max(x, 0)
 *                 gelu        x Phi(x)
 *                 gelu_new    x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2;
 *                             also called gelu_pytorch_tanh, gelu_fast
 *                 swish       x / (1 + e^-x); also called silu
 *                 tanh, sigmoid
 * Relevance   passes unchanged: R_in = R
 * Carry       the same: H = H_in
 * Gradient    dv/dx = f'(x) dv/dy
 * Keeps       everything
 * Source      Voita et al. 2019, (6); Hendrycks and Gimpel 2016
 */
#include <math.h>

#include "network/op.h"

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

static const struct function_pair {
	double (*apply)(double x), (*slope)(double x);
} functions[] = { [RELU] = { relu, relu_slope },
	[GELU] = { gelu, gelu_slope },
	[GELU_NEW] = { gelu_new, gelu_new_slope },
	[GELU_TANH] = { gelu_new, gelu_new_slope },
	[GELU_FAST] = { gelu_new, gelu_new_slope },
	[SWISH] = { swish, swish_slope },
	[SILU] = { swish, swish_slope },
	[TANH] = { tanh, tanh_slope },
	[SIGMOID] = { sigmoid, sigmoid_slope },
	[IDENTITY_FUNCTION] = { identity, one } };

static struct function_pair function_of(const struct node *n)
{
	const struct activation *a = n->set;

	return functions[a->function];
}

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	long count = b->rows[n->side] * n->width;

	double (*apply)(double x) = function_of(n).apply;

	for (long i = 0; i < count; i++)
		value[node][i] = (real)apply(value[n->input[0]][i]);
}

static void relevance_back(struct block *b, int node)
{
	block_pass(b, node, b->sentence->network->graph->node[node].input[0]);
}

static void relevance_carry(struct carry *c, int node)
{
	carry_pass(c, c->sentence->network->graph->node[node].input[0], node);
}

static unsigned gradient_reads(const struct rule *r)
{
	(void)r;
	return INPUT_0;
}

static void gradient_back(struct block *b, int node)
{
	const struct node *n = &b->sentence->network->graph->node[node];
	const struct layout *l = block_layout(b, node);
	double (*slope)(double x) = function_of(n).slope;

	for (long row = 0; row < l->rows; row++) {
		const real *x = b->sentence->value[n->input[0]] + (long)l->position[row] * n->width;
		real *g = b->relevance[node] + row * n->width;

		for (long i = 0; i < n->width; i++)
			g[i] *= (real)slope(x[i]);
	}
	block_pass(b, node, n->input[0]);
}

static void gradient_carry(struct carry *c, int node)
{
	const struct node *n = &c->sentence->network->graph->node[node];
	const real *x = c->sentence->value[n->input[0]];
	long size = carry_size(c, node);

	carry_pass(c, n->input[0], node);
	for (long i = 0; i < c->slots[node] * size; i++)
		c->at[node][i] *= (real)function_of(n).slope(x[i % size]);
}

const struct op op_activation = {
	.kind = &kind_activation,
	.forward = forward,
	.relevance = { .back = relevance_back, .carry = relevance_carry },
	.gradient = { .reads = gradient_reads, .back = gradient_back, .carry = gradient_carry },
};
