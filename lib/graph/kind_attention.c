/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/kind.h"

#include "base/die.h"
#include "graph/graph.h"

static const struct node *input(const struct graph *g, const struct node *n, int k)
{
	return &g->node[n->input[k]];
}

/* scores, softmax, context: the parts of attention; the width of the first two is their heads'. */
#define SHARED_SETTINGS                                                                            \
	{ .key = "heads", SIZE_SETTING, offsetof(struct attention, heads) },                       \
		{ .key = "kv_heads", COUNT_SETTING, offsetof(struct attention, kv_heads) },        \
		{ .key = "window", COUNT_SETTING, offsetof(struct attention, window) },            \
		{ .key = "keys", SIDE_SETTING, offsetof(struct attention, keys) },                 \
	{                                                                                          \
		.key = "causal", FLAG_SETTING, offsetof(struct attention, causal)                  \
	}
static const struct setting scores_settings[] = { SHARED_SETTINGS,
	{ .key = "scale", NUMBER_SETTING, offsetof(struct attention, scale) },
	{ .key = "cap", NUMBER_SETTING, offsetof(struct attention, cap) },
	{ .key = "buckets", COUNT_SETTING, offsetof(struct attention, buckets) },
	{ .key = "longest", COUNT_SETTING, offsetof(struct attention, longest) }, { 0 } };
static const struct setting softmax_settings[] = { SHARED_SETTINGS, { 0 } };
static const struct setting context_settings[] = { SHARED_SETTINGS,
	{ .key = "masked", HEADS_SETTING, offsetof(struct attention, masked) },
	{ .key = "mean", NEURONS_SETTING, offsetof(struct attention, mean) }, { 0 } };

/* Groups of heads, and windows, of any part of attention. */
static void check_attention(const struct node *n)
{
	const struct attention *a = n->set;

	if (a->kv_heads && a->heads % a->kv_heads)
		die("graph: node '%s': %d heads of keys do not divide its %d heads", n->name,
			a->kv_heads, a->heads);
	if (a->causal && (int)n->side != a->keys)
		die("graph: node '%s' is causal between two sides", n->name);
	if (a->window && !a->causal)
		die("graph: node '%s': a 'window' is of causal attention", n->name);
}

/* Half of the rows are of one distance each; others need room up to the longest (distance.h). */
static void check_distances(const struct node *n)
{
	const struct attention *a = n->set;
	int least = a->causal ? 2 : 4, exact = a->buckets / least;

	if (!n->weight.tensor && !a->buckets && !a->longest)
		return;
	if (!n->weight.tensor || a->buckets < least || a->longest <= exact)
		die("graph: node '%s': a table of distances is a 'weight', has %d 'buckets' or "
		    "more, and a 'longest' above %d",
			n->name, least, exact);
	if ((int)n->side != a->keys)
		die("graph: node '%s' has distances between two sides", n->name);
}

static void check_scores(const struct graph *g, const struct node *n)
{
	const struct attention *a = n->set;
	int width = input(g, n, 0)->width;

	check_attention(n);
	if (width % a->heads || input(g, n, 1)->width != width / a->heads * key_heads(a) ||
		n->width != a->heads)
		die("graph: node '%s': queries and keys do not fit its heads", n->name);
	kind_check_cap(n, a->cap);
	check_distances(n);
}

/* The table of distances, [buckets, heads]. */
static int weight_scores(const struct graph *g, const struct node *n, long shape[2])
{
	(void)g;
	shape[0] = attention_of(n)->buckets;
	shape[1] = n->width;
	return n->weight.tensor ? 2 : 0;
}

const struct kind kind_scores = { .name = "scores",
	.inputs = 2,
	.gives = PAIRS,
	.weighted = true,
	.weight = weight_scores,
	.input = { { ROWS, OWN }, { ROWS, KEYS } },
	.attends = true,
	.size = sizeof(struct attention),
	.settings = scores_settings,
	.check = check_scores };

/* Is the attention that this node's input belongs to the same? */
static bool same_attention(const struct node *in, const struct node *n)
{
	const struct attention *a = n->set, *b = in->set;

	return b && a->heads == b->heads && a->kv_heads == b->kv_heads && a->keys == b->keys &&
	       a->causal == b->causal && a->window == b->window;
}

static void check_softmax(const struct graph *g, const struct node *n)
{
	if (!same_attention(input(g, n, 0), n) || n->width != input(g, n, 0)->width)
		die("graph: node '%s' does not fit its scores", n->name);
}

const struct kind kind_softmax = { .name = "softmax",
	.inputs = 1,
	.gives = PAIRS,
	.input = { { PAIRS, OWN } },
	.attends = true,
	.size = sizeof(struct attention),
	.settings = softmax_settings,
	.check = check_softmax };

static void check_context(const struct graph *g, const struct node *n)
{
	const struct attention *a = n->set;

	if (n->width % a->heads)
		die("graph: node '%s': %d heads do not divide %d neurons", n->name, a->heads,
			n->width);
	check_attention(n);
	if (!same_attention(input(g, n, 0), n) ||
		input(g, n, 1)->width != n->width / a->heads * key_heads(a))
		die("graph: node '%s': weights and values do not fit its heads", n->name);
	if (a->mean && !a->masked)
		die("graph: node '%s': 'mean' is of masked heads, and there are none", n->name);
}

const struct kind kind_context = { .name = "context",
	.inputs = 2,
	.input = { { PAIRS, OWN }, { ROWS, KEYS } },
	.heads = true,
	.attends = true,
	.size = sizeof(struct attention),
	.settings = context_settings,
	.check = check_context };
