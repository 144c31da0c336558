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
#include <tgmath.h>

#include "network/op.h"
#include "tensor/vectorised.h"

static const double ROOT_HALF = 0.70710678118654752, ROOT_2_BY_PI = 0.79788456080286536,
		    CUBIC = 0.044715;

/* Each function with its derivative; nothing is a difference of numbers that are close to each other. */
ALWAYS_INLINE real identity(real x)
{
	return x;
}

ALWAYS_INLINE real identity_slope(real x)
{
	(void)x;
	return 1;
}

ALWAYS_INLINE real relu(real x)
{
	return x > 0 ? x : 0;
}

ALWAYS_INLINE real relu_slope(real x)
{
	return x > 0 ? 1 : 0;
}

/* Phi(x) = erfc(-x / sqrt(2)) / 2 */
ALWAYS_INLINE real normal(real x)
{
	return erfc(-x * (real)ROOT_HALF) / 2;
}

ALWAYS_INLINE real gelu(real x)
{
	return x * normal(x);
}

ALWAYS_INLINE real gelu_slope(real x)
{
	return normal(x) + x * exp(-x * x / 2) * (real)(ROOT_2_BY_PI / 2);
}

ALWAYS_INLINE real sigmoid(real x)
{
	return 1 / (1 + exp(-x));
}

ALWAYS_INLINE real sigmoid_slope(real x)
{
	return sigmoid(x) * sigmoid(-x);
}

/* (1 + tanh(u)) / 2 = sigmoid(2 u) */
ALWAYS_INLINE real gelu_new(real x)
{
	return x * sigmoid(2 * (real)ROOT_2_BY_PI * (x + (real)CUBIC * x * x * x));
}

ALWAYS_INLINE real gelu_new_slope(real x)
{
	real k = 2 * (real)ROOT_2_BY_PI, u = k * (x + (real)CUBIC * x * x * x);

	return sigmoid(u) + x * sigmoid_slope(u) * k * (1 + 3 * (real)CUBIC * x * x);
}

ALWAYS_INLINE real swish(real x)
{
	return x * sigmoid(x);
}

ALWAYS_INLINE real swish_slope(real x)
{
	return sigmoid(x) * (1 + x * sigmoid(-x));
}

ALWAYS_INLINE real tangent(real x)
{
	return tanh(x);
}

/* 1 - tanh^2(x) = 1 / cosh^2(x) */
ALWAYS_INLINE real tangent_slope(real x)
{
	real twice = exp(x) + exp(-x);

	return 4 / (twice * twice);
}

/* y = f(x) and g *= f'(x) of so many neurons, for each function. */
#define LOOPS(f)                                                                                   \
	VECTORISED                                                                                 \
	static void f##_apply(const real *x, long count, real *y)                                  \
	{                                                                                          \
		_Pragma("omp simd") for (long i = 0; i < count; i++) y[i] = f(x[i]);               \
	}                                                                                          \
	VECTORISED                                                                                 \
	static void f##_times_slope(const real *x, long count, real *g)                            \
	{                                                                                          \
		_Pragma("omp simd") for (long i = 0; i < count; i++) g[i] *= f##_slope(x[i]);      \
	}

LOOPS(identity)
LOOPS(relu)
LOOPS(gelu)
LOOPS(gelu_new)
LOOPS(sigmoid)
LOOPS(swish)
LOOPS(tangent)

static const struct loops {
	void (*apply)(const real *x, long count, real *y);
	void (*times_slope)(const real *x, long count, real *g);
} loops[] = { [RELU] = { relu_apply, relu_times_slope },
	[GELU] = { gelu_apply, gelu_times_slope },
	[GELU_NEW] = { gelu_new_apply, gelu_new_times_slope },
	[GELU_TANH] = { gelu_new_apply, gelu_new_times_slope },
	[GELU_FAST] = { gelu_new_apply, gelu_new_times_slope },
	[SWISH] = { swish_apply, swish_times_slope },
	[SILU] = { swish_apply, swish_times_slope },
	[TANH] = { tangent_apply, tangent_times_slope },
	[SIGMOID] = { sigmoid_apply, sigmoid_times_slope },
	[IDENTITY_FUNCTION] = { identity_apply, identity_times_slope } };

static const struct loops *loops_of(const struct node *n)
{
	const struct activation *a = n->set;

	return &loops[a->function];
}

/* Row by row, so that the bits of a row do not depend on the others. */
static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];

	for (long row = 0; row < b->rows[n->side]; row++)
		loops_of(n)->apply(value[n->input[0]] + row * n->width, n->width,
			value[node] + row * n->width);
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
	const real *x = b->sentence->value[n->input[0]];

	for (long row = 0; row < l->rows; row++)
		loops_of(n)->times_slope(x + (long)l->position[row] * n->width, n->width,
			b->relevance[node] + row * n->width);
	block_pass(b, node, n->input[0]);
}

static void gradient_carry(struct carry *c, int node)
{
	const struct node *n = &c->sentence->network->graph->node[node];
	const real *x = c->sentence->value[n->input[0]];
	long size = carry_size(c, node);

	carry_pass(c, n->input[0], node);
	for (long i = 0; i < c->slots[node] * size; i += n->width)
		loops_of(n)->times_slope(x + i % size, n->width, c->at[node] + i);
}

const struct op op_activation = {
	.kind = &kind_activation,
	.forward = forward,
	.relevance = { .back = relevance_back, .carry = relevance_carry },
	.gradient = { .reads = gradient_reads, .back = gradient_back, .carry = gradient_carry },
};
