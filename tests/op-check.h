/* SPDX-License-Identifier: Apache-2.0 */
/* For op-check: random numbers, and a tiny graph around each operation. */
#ifndef OP_CHECK_H
#define OP_CHECK_H

#include <math.h>
#include <string.h>

#include "op/op.h"

enum { SOURCES = 3, TARGETS = 4, FIRST = 1, STEPS = 3, HEADS = 2, WIDTH = 6, NODES = 9 };

/* How inputs and weights are drawn. */
enum mode { ANY, ABOVE, BELOW, WITH_ZEROS, DENORMAL, ALL_KINDS, MODES };
static const char *const mode_names[] = { "any", "positive", "negative", "with zeros", "denormal",
	"all kinds" };

static double uniform(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / 4503599627370496.0 - 1; /* -1 to 1 */
}

/* `wide`: denormal as a double is. */
static double draw(enum mode mode, bool wide)
{
	double x = 2 * uniform(), kind = fabs(uniform());
	double denormal = ldexp(x, wide ? -1050 : -135), small = ldexp(x, wide ? -500 : -60);

	switch (mode) {
	case ABOVE:
		return fabs(x);
	case BELOW:
		return -fabs(x);
	case WITH_ZEROS:
		return (kind < 0.6 ? 0 : x);
	case DENORMAL:
		return denormal;
	case ALL_KINDS:
		return (kind < 0.25 ? 0 : kind < 0.5 ? denormal : kind < 0.7 ? small : x);
	default:
		return x;
	}
}

/* One node under test, its leaves, and a last node that every graph has. */
struct tiny {
	struct node node[NODES];
	struct graph graph;
	int under;
	char reach[NODES];
};

static int add_leaf(struct tiny *t, const char *name, enum side side)
{
	t->node[t->graph.nodes] = (struct node){
		.name = name, .op = "embed", .side = side, .width = WIDTH, .positions = true
	};
	return t->graph.nodes++;
}

static struct node *add_under(struct tiny *t, const char *op, enum side side, int a, int b)
{
	struct node *n = &t->node[t->graph.nodes];

	*n = (struct node){ .name = op, .op = op, .side = side, .width = WIDTH, .eps = 1e-5 };
	n->inputs = b < 0 ? 1 : 2;
	n->input[0] = a;
	n->input[1] = b;
	n->weight = "weight";
	n->bias = "bias";
	t->under = t->graph.nodes++;
	return n;
}

static void attention(struct tiny *t, const char *op, int a, int b, bool causal, enum side keys)
{
	struct node *n = add_under(t, op, t->node[a].side, a, b);

	n->heads = HEADS;
	n->width = strcmp(op, "context") ? HEADS : WIDTH;
	n->scale = 0.5;
	n->causal = causal;
	n->keys = keys;
	n->weight = n->bias = NULL;
}

/* Causal over the target, from target to source, over the source. */
enum { CAUSAL, CROSS, OPEN, ATTENTIONS };

static void add_attention(struct tiny *t, const char *op, int which)
{
	enum side side = which == OPEN ? SOURCE : TARGET, keys = which == CAUSAL ? TARGET : SOURCE;
	int q = add_leaf(t, "q", side), k = add_leaf(t, "k", keys), v = add_leaf(t, "v", keys);

	attention(t, "scores", q, k, which == CAUSAL, keys);
	if (strcmp(op, "scores"))
		attention(t, "softmax", t->under, -1, which == CAUSAL, keys);
	if (strcmp(op, "context") == 0)
		attention(t, "context", t->under, v, which == CAUSAL, keys);
}

/* Row r of relevance at the node and at its inputs: one a step, or all positions up to it. */
static void set_reach(struct tiny *t, int which)
{
	const struct node *n = &t->node[t->under];

	for (int i = 0; i < t->graph.nodes; i++)
		t->reach[i] = t->node[i].side == SOURCE ? REACH_ALL : REACH_PREFIX;
	if (n->side == TARGET && which > 0)
		t->reach[t->under] = REACH_OWN;
	if (n->side == TARGET && which > 1)
		t->reach[n->input[0]] = REACH_OWN;
	if (n->side == TARGET && which > 1 && n->inputs == 2 && !n->heads)
		t->reach[n->input[1]] = REACH_OWN;
}

static const char *const functions[] = { "relu", "gelu", "gelu_new", "swish", "tanh", "sigmoid",
	"linear", NULL };

/* The `which`th graph around an operation, or false. */
static bool make_tiny(struct tiny *t, const struct op *op, int which)
{
	bool attends = op->pairs || op == &op_context;
	int variants = attends ? ATTENTIONS : op == &op_activation ? 7 : op == &op_linear ? 2 : 1;

	if (which >= 3 * variants)
		return false;
	memset(t, 0, sizeof *t);
	t->graph.node = t->node;
	int leaf = add_leaf(t, "leaf", TARGET), other = add_leaf(t, "other", TARGET);
	if (attends) {
		add_attention(t, op->name, which / 3);
	} else {
		struct node *n = add_under(t, op->name, TARGET, leaf, op->inputs == 2 ? other : -1);

		n->function = functions[op == &op_activation ? which / 3 : 0];
		if (op == &op_linear && which / 3)
			n->bias = NULL;
		if (op == &op_linear)
			n->width = WIDTH - 2;
	}
	t->node[t->graph.nodes++] = (struct node){ .name = "last",
		.op = "linear",
		.side = TARGET,
		.inputs = 1,
		.input = { leaf },
		.width = 1,
		.weight = "weight" };
	set_reach(t, which % 3);
	return true;
}

/* The `which`th rule for an operation, every contribution with every bias and eps; NULL: no more.
 */
static const char *rule_text(const struct op *op, int which, struct arena *a)
{
	static const char *const sets[] = { "ratio", "magnitude", "alphabeta",
		"alphabeta:alpha=0.3", "alphabeta:alpha=1", "alphabeta:alpha=2", "gamma",
		"gamma:gamma=2" };
	enum { SETS = sizeof sets / sizeof *sets };
	static const char *const keys[] = { "bias=exclude", "bias=absorb", "bias=spread" };
	static const char *const eps[] = { "eps=0", "eps=0.01" };
	static const char *const attention[] = { "attention=product", "attention=constant",
		"attention=half", "product=half", "product=magnitude", NULL };
	static const char *const norm[] = { "norm=linear", "norm=identity", "norm=jacobian", NULL };
	static const char *const named[] = { "gradient", "thumt2017", "thumt2017:eps=0", "attnlrp",
		"attnlrp:eps=0", "cp", "gamma:product=alphabeta,alpha=0.1" };
	static const char *const nothing[] = { "softmax=pass", NULL };
	const char *const *more = op == &op_norm		   ? norm
				  : op->pairs || op == &op_context ? attention
								   : nothing;
	int choices = 0, all = SETS * 6;

	while (more[choices])
		choices++;
	if (which < all * choices) {
		const char *set = sets[which / 6 % SETS];

		return arena_printf(a, "%s%s%s,%s,%s", set, strchr(set, ':') ? "," : ":",
			keys[which % 3], eps[which / 3 % 2], more[which / all]);
	}
	which -= all * choices;
	return which < (int)(sizeof named / sizeof *named) ? named[which] : NULL;
}

#endif
