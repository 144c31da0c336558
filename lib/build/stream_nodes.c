/* SPDX-License-Identifier: Apache-2.0 */
#include "build/stream_nodes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* "enc", "dec": where the names of a side's nodes begin. */
static const char *stack_of(enum side side)
{
	return side == SOURCE ? "enc" : "dec";
}

/* The first and the last node whose name begins with that of a layer, "enc.3."; false: there is none. */
static bool find_layer(const struct graph *g, enum side side, long layer, int *first, int *last)
{
	char begin[32];
	int n = snprintf(begin, sizeof begin, "%s.%ld.", stack_of(side), layer);

	*first = -1;
	for (int i = 0; i < g->nodes; i++) {
		if (strncmp(g->node[i].name, begin, (size_t)n) != 0)
			continue;
		if (*first < 0)
			*first = i;
		*last = i;
	}
	return *first >= 0;
}

/* What comes out of a stack: its last layer, or the norm behind that. */
static int end_of(const struct graph *g, enum side side, int last)
{
	char name[32];

	snprintf(name, sizeof name, "%s.norm", stack_of(side));
	int norm = graph_find(g, name);
	return norm >= 0 ? norm : last;
}

/* A dense layer that reads a node and is not the logits; -1: there is none. */
static int dense_behind(const struct graph *g, int node)
{
	for (int i = node + 1; i < graph_logits(g); i++)
		if (node_is_dense(g, &g->node[i]) && g->node[i].input[0] == node)
			return i;
	return -1;
}

/* What the first node of the first layer reads is the sum of the embeddings, or their norm. */
static int entry(const struct graph *g, enum side side, long number, int *nodes)
{
	int first, last, next, end, behind;

	if (!find_layer(g, side, number ? number - 1 : 0, &first, &last))
		return 0;
	if (!number) {
		nodes[0] = g->node[first].input[0];
		return g->node[first].inputs == 1;
	}
	nodes[0] = last;
	if (find_layer(g, side, number, &next, &end))
		return 1;
	nodes[0] = end_of(g, side, last);
	behind = side == graph_steps(g) ? dense_behind(g, nodes[0]) : -1;
	if (behind < 0 || g->node[behind].width == g->node[nodes[0]].width)
		return 1;
	nodes[1] = behind;
	return 2;
}

/* A text without sign, space or anything behind it. */
static bool read_number(const char *text, long *number)
{
	enum { DIGITS = 6 };
	int n = 0;

	for (*number = 0; n < DIGITS && isdigit((unsigned char)text[n]); n++)
		*number = 10 * *number + (text[n] - '0');
	return n && !text[n];
}

int stream_nodes(const struct graph *g, const char *name, int *nodes)
{
	static const struct {
		const char *name;
		bool of[2];
	} lists[] = { { "hidden_states.", { true, true } },
		{ "encoder_hidden_states.", { [SOURCE] = true } },
		{ "decoder_hidden_states.", { [TARGET] = true } } };
	bool both = graph_has_side(g, SOURCE) && graph_has_side(g, TARGET);
	long number;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		size_t n = strlen(lists[i].name);

		if (strncmp(name, lists[i].name, n) || !read_number(name + n, &number))
			continue;
		if (!both && lists[i].of[graph_steps(g)])
			return entry(g, graph_steps(g), number, nodes);
		for (enum side side = SOURCE; both && side <= TARGET; side++)
			if (lists[i].of[side] && !lists[i].of[!side])
				return entry(g, side, number, nodes);
	}
	return 0;
}
