/* SPDX-License-Identifier: Apache-2.0 */
/* For op-check: random numbers, and a tiny graph around each operation. */
#ifndef OP_CHECK_H
#define OP_CHECK_H

#include <math.h>
#include <string.h>

#include "network/op.h"

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
	union {
		struct embedding embedding;
		struct normalisation normalisation;
		struct activation activation;
		struct attention attention;
	} set[NODES];
	struct graph graph;
	int under;
	char reach[NODES];
};

static int add_leaf(struct tiny *t, const char *name, enum side side)
{
	int i = t->graph.nodes++;

	t->set[i].embedding.positions = true;
	t->node[i] = (struct node){
		.name = name, .kind = &kind_embed, .side = side, .width = WIDTH, .set = &t->set[i]
	};
	return i;
}

static struct node *add_under(struct tiny *t, const struct kind *kind, enum side side, int a, int b)
{
	struct node *n = &t->node[t->graph.nodes];

	*n = (struct node){ .name = kind->name, .kind = kind, .side = side, .width = WIDTH };
	n->set = &t->set[t->graph.nodes];
	n->inputs = kind->inputs;
	n->input[0] = a;
	n->input[1] = b;
	n->weight.tensor = "weight";
	n->bias.tensor = "bias";
	t->under = t->graph.nodes++;
	return n;
}

static void attention(
	struct tiny *t, const struct kind *kind, int a, int b, bool causal, enum side keys)
{
	struct node *n = add_under(t, kind, t->node[a].side, a, b);
	struct attention *set = n->set;

	*set = (struct attention){ .heads = HEADS, .keys = keys, .causal = causal, .scale = 0.5 };
	n->width = kind->gives == PAIRS ? HEADS : WIDTH;
	n->weight = n->bias = (struct weight){ .tensor = NULL };
}

/* Causal over the target, from target to source, over the source. */
enum { CAUSAL, CROSS, OPEN, ATTENTIONS };

static void add_attention(struct tiny *t, const struct kind *kind, int which)
{
	enum side side = which == OPEN ? SOURCE : TARGET, keys = which == CAUSAL ? TARGET : SOURCE;
	int q = add_leaf(t, "q", side), k = add_leaf(t, "k", keys), v = add_leaf(t, "v", keys);

	attention(t, &kind_scores, q, k, which == CAUSAL, keys);
	if (kind != &kind_scores)
		attention(t, &kind_softmax, t->under, -1, which == CAUSAL, keys);
	if (kind == &kind_context)
		attention(t, &kind_context, t->under, v, which == CAUSAL, keys);
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
	if (n->side == TARGET && which > 1 && n->inputs == 2 && !attention_of(n))
		t->reach[n->input[1]] = REACH_OWN;
}

static const enum function functions[] = { RELU, GELU, GELU_NEW, SWISH, TANH, SIGMOID,
	IDENTITY_FUNCTION };

/* The `which`th graph around an operation, or false. */
static bool make_tiny(struct tiny *t, const struct op *op, int which)
{
	const struct kind *kind = op->kind;
	int variants = kind->attends		  ? ATTENTIONS
		       : kind == &kind_activation ? 7
		       : kind == &kind_linear	  ? 2
						  : 1;

	if (which >= 3 * variants)
		return false;
	memset(t, 0, sizeof *t);
	t->graph.node = t->node;
	int leaf = add_leaf(t, "leaf", TARGET), other = add_leaf(t, "other", TARGET);
	if (kind->attends) {
		add_attention(t, kind, which / 3);
	} else {
		struct node *n = add_under(t, kind, TARGET, leaf, other);

		if (kind == &kind_activation)
			t->set[t->under].activation.function = functions[which / 3];
		if (kind == &kind_norm)
			t->set[t->under].normalisation.eps = 1e-5;
		if (kind == &kind_linear && which / 3)
			n->bias.tensor = NULL;
		if (kind == &kind_linear)
			n->width = WIDTH - 2;
	}
	t->node[t->graph.nodes++] = (struct node){ .name = "last",
		.kind = &kind_linear,
		.side = TARGET,
		.inputs = 1,
		.input = { leaf },
		.width = 1,
		.weight.tensor = "weight" };
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
	const char *const *more = op->kind->scales ? norm : op->kind->attends ? attention : nothing;
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
