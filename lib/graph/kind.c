/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/kind.h"

#include <math.h>
#include <string.h>

#include "base/die.h"
#include "graph/graph.h"

const char *const function_names[] = { [RELU] = "relu",
	[GELU] = "gelu",
	[GELU_NEW] = "gelu_new",
	[GELU_TANH] = "gelu_pytorch_tanh",
	[GELU_FAST] = "gelu_fast",
	[SWISH] = "swish",
	[SILU] = "silu",
	[TANH] = "tanh",
	[SIGMOID] = "sigmoid",
	[IDENTITY_FUNCTION] = "linear",
	NULL };

static const struct node *input(const struct graph *g, const struct node *n, int k)
{
	return &g->node[n->input[k]];
}

static void same_width(const struct graph *g, const struct node *n)
{
	for (int k = 0; k < n->inputs; k++)
		if (input(g, n, k)->width != n->width)
			die("graph: node '%s' changes the number of neurons", n->name);
}

static void need_weight(const struct node *n)
{
	if (!n->weight.tensor)
		die("graph: node '%s' needs a 'weight'", n->name);
}

void kind_check_cap(const struct node *n, double cap)
{
	if (!(cap >= 0 && isfinite(cap)))
		die("graph: node '%s': 'cap' is %g; expected a number above 0", n->name, cap);
}

/*
 * embed: a row of a table for each token, or for each position, or the first at every position; rows of
 * positions may be computed.
 */
static const struct setting embed_settings[] = {
	{ .key = "positions", FLAG_SETTING, offsetof(struct embedding, positions) },
	{ .key = "constant", FLAG_SETTING, offsetof(struct embedding, constant) },
	{ .key = "scale", NUMBER_SETTING, offsetof(struct embedding, scale) },
	{ .key = "first", COUNT_SETTING, offsetof(struct embedding, first) },
	{ .key = "inclusive", FLAG_SETTING, offsetof(struct embedding, inclusive) }, { 0 }
};

static void check_embed(const struct graph *g, const struct node *n)
{
	const struct embedding *e = n->set;

	(void)g;
	if (e->positions && e->constant)
		die("graph: node '%s' is both 'positions' and 'constant'", n->name);
	if (!e->positions)
		need_weight(n);
	if ((e->first || e->inclusive) && n->weight.tensor)
		die("graph: node '%s' has a table: 'first' and 'inclusive' are of computed positions",
			n->name);
	if (e->inclusive && n->width < 4)
		die("graph: node '%s' has %d neurons, too few for 'inclusive'", n->name, n->width);
}

const struct kind kind_embed = { .name = "embed",
	.weighted = true,
	.stored = true,
	.size = sizeof(struct embedding),
	.settings = embed_settings,
	.check = check_embed };

/* linear: a dense layer, weight [width, input's width]. */
static const struct setting linear_settings[] = {
	{ .key = "cap", NUMBER_SETTING, offsetof(struct dense, cap) }, { 0 }
};

static int weight_linear(const struct graph *g, const struct node *n, long shape[2])
{
	shape[0] = n->width;
	shape[1] = input(g, n, 0)->width;
	return 2;
}

static void check_linear(const struct graph *g, const struct node *n)
{
	const struct dense *d = n->set;

	need_weight(n);
	kind_check_cap(n, d->cap);
	if (d->cap != 0 && n != &g->node[graph_logits(g)])
		die("graph: node '%s': a 'cap' is of the logits", n->name);
}

const struct kind kind_linear = { .name = "linear",
	.inputs = 1,
	.stored = true,
	.logits = true,
	.weighted = true,
	.biased = true,
	.size = sizeof(struct dense),
	.settings = linear_settings,
	.weight = weight_linear,
	.check = check_linear };

/* add: a residual connection, or all that a position's embedding is a sum of. */
const struct kind kind_add = { .name = "add", .inputs = 2, .most = 3, .check = same_width };

/* norm: layer normalisation, weight [width]. */
static const struct setting norm_settings[] = {
	{ .key = "eps", NUMBER_SETTING, offsetof(struct normalisation, eps) }, { 0 }
};

static int weight_norm(const struct graph *g, const struct node *n, long shape[2])
{
	(void)g;
	shape[0] = n->width;
	return 1;
}

static void check_norm(const struct graph *g, const struct node *n)
{
	const struct normalisation *norm = n->set;

	if (!(norm->eps >= 0))
		die("graph: node '%s': 'eps' is %g; expected 0 or more", n->name, norm->eps);
	need_weight(n);
	same_width(g, n);
}

const struct kind kind_norm = { .name = "norm",
	.inputs = 1,
	.scales = true,
	.weighted = true,
	.biased = true,
	.size = sizeof(struct normalisation),
	.settings = norm_settings,
	.weight = weight_norm,
	.check = check_norm };

/* rms: division by the root mean square, weight [width of a part]. */
static const struct setting rms_settings[] = {
	{ .key = "eps", NUMBER_SETTING, offsetof(struct root_mean_square, eps) },
	{ .key = "heads", COUNT_SETTING, offsetof(struct root_mean_square, heads) },
	{ .key = "one", FLAG_SETTING, offsetof(struct root_mean_square, one) }, { 0 }
};

static int weight_rms(const struct graph *g, const struct node *n, long shape[2])
{
	const struct root_mean_square *rms = n->set;

	(void)g;
	shape[0] = n->width / (rms->heads ? rms->heads : 1);
	return 1;
}

static void check_rms(const struct graph *g, const struct node *n)
{
	const struct root_mean_square *rms = n->set;

	if (!(rms->eps >= 0))
		die("graph: node '%s': 'eps' is %g; expected 0 or more", n->name, rms->eps);
	if (rms->heads && n->width % rms->heads)
		die("graph: node '%s': %d heads do not divide %d neurons", n->name, rms->heads,
			n->width);
	need_weight(n);
	same_width(g, n);
}

static bool norms_heads(const struct node *n)
{
	const struct root_mean_square *rms = n->set;

	return rms->heads > 0;
}

const struct kind kind_rms = { .name = "rms",
	.inputs = 1,
	.scales = true,
	.weighted = true,
	.size = sizeof(struct root_mean_square),
	.settings = rms_settings,
	.weight = weight_rms,
	.keeps_heads = norms_heads,
	.check = check_rms };

/* multiply: a gate and what it lets through. */
const struct kind kind_multiply = { .name = "multiply", .inputs = 2, .check = same_width };

/* rotate: rotary positions. */
static const struct setting rotate_settings[] = {
	{ .key = "heads", SIZE_SETTING, offsetof(struct rotation, heads) },
	{ .key = "frequencies", NUMBERS_SETTING, offsetof(struct rotation, frequencies) },
	{ .key = "scale", NUMBER_SETTING, offsetof(struct rotation, scale) },
	{ .key = "neighbours", FLAG_SETTING, offsetof(struct rotation, neighbours) }, { 0 }
};

static void check_rotate(const struct graph *g, const struct node *n)
{
	const struct rotation *r = n->set;

	same_width(g, n);
	if (n->width % r->heads || 2 * r->frequencies.count > n->width / r->heads)
		die("graph: node '%s': %ld pairs do not fit its heads", n->name,
			r->frequencies.count);
	for (long k = 0; k < r->frequencies.count; k++)
		if (!isfinite(r->frequencies.at[k]))
			die("graph: node '%s': frequency %ld is not finite", n->name, k);
}

static bool turns_heads(const struct node *n)
{
	(void)n;
	return true;
}

const struct kind kind_rotate = { .name = "rotate",
	.inputs = 1,
	.size = sizeof(struct rotation),
	.settings = rotate_settings,
	.keeps_heads = turns_heads,
	.check = check_rotate };

/* scale: each neuron times a number. */
static const struct setting scale_settings[] = {
	{ .key = "factor", NUMBER_SETTING, offsetof(struct factor, factor) }, { 0 }
};

static void check_scale(const struct graph *g, const struct node *n)
{
	const struct factor *f = n->set;

	same_width(g, n);
	if (!isfinite(f->factor) || f->factor == 0)
		die("graph: node '%s': 'factor' is %g; expected a number that is not 0", n->name,
			f->factor);
}

const struct kind kind_scale = { .name = "scale",
	.inputs = 1,
	.size = sizeof(struct factor),
	.settings = scale_settings,
	.check = check_scale };

/* activation: a function of each neuron. */
static const struct setting activation_settings[] = {
	{ .key = "function", WORD_SETTING, offsetof(struct activation, function), function_names },
	{ 0 }
};

const struct kind kind_activation = { .name = "activation",
	.inputs = 1,
	.size = sizeof(struct activation),
	.settings = activation_settings,
	.check = same_width };
