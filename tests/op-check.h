/* SPDX-License-Identifier: Apache-2.0 */
/* For op-check: random numbers, all rules, and the tiny graphs of a file. */
#ifndef OP_CHECK_H
#define OP_CHECK_H

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/die.h"
#include "graph/graph_record.h"
#include "network/op.h"
#include "show/json.h"

enum { SOURCES = 3, TARGETS = 4, FIRST = 1, STEPS = 3, CARRIED = 2, NODES = 16 };

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

/*
 * A graph around the node under test, which comes last in the file. It is given leaves where a node
 * has no operation, and logits, which every graph has to have; those under test are the graph's own.
 */
struct tiny {
	const struct graph *graph;
	int under;
	char reach[NODES];
};

static void add_default(json_t *node, const char *key, json_t *value)
{
	if (!json_object_get(node, key))
		json_object_set(node, key, value);
	json_decref(value);
}

static void complete(json_t *nodes)
{
	size_t i;
	json_t *node = NULL;

	json_array_foreach(nodes, i, node)
	{
		if (!json_object_get(node, "op"))
			json_object_set_new(node, "positions", json_true());
		add_default(node, "op", json_string("embed"));
		add_default(node, "inputs", json_array());
	}
	if (!strcmp(json_string_value(json_object_get(node, "op")), "linear"))
		return;
	json_array_append_new(
		nodes, json_pack("{s:s, s:s, s:[], s:s, s:i, s:b}", "name", "end", "op", "embed",
			       "inputs", "side", "target", "width", 6, "positions", true));
	json_array_append_new(nodes,
		json_pack("{s:s, s:s, s:[s], s:s, s:i, s:s}", "name", "logits", "op", "linear",
			"inputs", "end", "side", "target", "width", 1, "weight", "end"));
}

static void read_tiny(struct tiny *t, json_t *nodes, struct arena *a)
{
	struct draft *d = draft_new();
	struct record header;
	size_t size;

	t->under = (int)json_array_size(nodes) - 1;
	complete(nodes);
	draft_begin(d, "header");
	json_draft(d, "graph", nodes, false);
	const char *bytes = draft_bytes(d, &size);
	record_parse(&header, bytes, size, msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE), a);
	t->graph = graph_read(&header);
	if (t->graph->nodes > NODES)
		die("a graph of more than %d nodes", NODES);
}

/* The rows of relevance at the node and at its inputs: one a step, all positions up to it, or all;
 * at keys all positions that queries see. False: there are no more ways. */
static bool set_reach(struct tiny *t, int which)
{
	static const struct {
		char node, input;
	} ways[] = { { REACH_PREFIX, REACH_PREFIX }, { REACH_OWN, REACH_PREFIX },
		{ REACH_OWN, REACH_OWN }, { REACH_OWN, REACH_ALL + TARGET },
		{ REACH_PREFIX, REACH_ALL + TARGET }, { REACH_ALL + TARGET, REACH_ALL + TARGET } };
	const struct node *n = &t->graph->node[t->under];

	if (which >= (n->side == TARGET ? (int)(sizeof ways / sizeof *ways) : 1))
		return false;
	for (int i = 0; i < t->graph->nodes; i++)
		t->reach[i] = (char)(t->graph->node[i].side == SOURCE ? REACH_ALL + SOURCE
								      : ways[which].input);
	if (n->side == TARGET)
		t->reach[t->under] = ways[which].node;
	for (int k = 0; k < n->inputs; k++) {
		char *in = &t->reach[n->input[k]];

		if (n->kind->input[k].side != KEYS || node_keys(n) != TARGET || *in >= REACH_ALL)
			continue;
		*in = (char)(sees_past_only(attention_of(n)) ? REACH_PREFIX : REACH_ALL + TARGET);
	}
	return true;
}

/* The `which`th rule: every contribution with every bias and eps, and each with every reading of
 * attention and norms; NULL: no more. */
static const char *rule_text(int which, struct arena *a)
{
	static const char *const sets[] = { "ratio", "magnitude", "alphabeta",
		"alphabeta:alpha=0.3", "alphabeta:alpha=1", "alphabeta:alpha=2", "gamma",
		"gamma:gamma=2" };
	static const char *const keys[] = { "bias=exclude", "bias=absorb", "bias=spread" };
	static const char *const eps[] = { "eps=0", "eps=0.01" };
	static const char *const more[] = { "softmax=pass", "attention=constant", "attention=half",
		"product=half", "product=magnitude", "norm=identity", "norm=jacobian" };
	static const char *const named[] = { "gradient", "thumt2017", "thumt2017:eps=0", "attnlrp",
		"attnlrp:eps=0", "cp", "gamma:product=alphabeta,alpha=0.1" };
	enum { SETS = sizeof sets / sizeof *sets, MORE = sizeof more / sizeof *more };
	int all = SETS * 6;

	if (which < all * MORE) {
		const char *set = sets[which / 6 % SETS];

		return arena_printf(a, "%s%s%s,%s,%s", set, strchr(set, ':') ? "," : ":",
			keys[which % 3], eps[which / 3 % 2], more[which / all]);
	}
	which -= all * MORE;
	return which < (int)(sizeof named / sizeof *named) ? named[which] : NULL;
}

#endif
