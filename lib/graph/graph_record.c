/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph_record.h"

#include <string.h>

#include "base/die.h"

static const char *const sides[] = { [SOURCE] = "source", [TARGET] = "target" };

/* The numbers of the heads that are switched off. */
static void write_masked(struct draft *d, const struct node *n)
{
	int count = 0;

	for (int h = 0; h < n->heads; h++)
		count += n->masked[h];
	draft_list(d, "masked", count);
	for (int h = 0; h < n->heads; h++)
		if (n->masked[h])
			draft_int(d, NULL, h);
}

static void write_node(struct draft *d, const struct graph *g, const struct node *n)
{
	int keys = 5 + (n->heads ? 2 : 0) + n->causal + n->positions + (n->scale != 0) +
		   (n->eps != 0) + !!n->function + !!n->weight + !!n->bias + !!n->masked +
		   !!n->mean;

	draft_map(d, NULL, keys);
	draft_text(d, "name", n->name);
	draft_text(d, "op", n->op);
	draft_list(d, "inputs", n->inputs);
	for (int k = 0; k < n->inputs; k++)
		draft_text(d, NULL, g->node[n->input[k]].name);
	draft_text(d, "side", sides[n->side]);
	draft_int(d, "width", n->width);
	if (n->heads) {
		draft_int(d, "heads", n->heads);
		draft_text(d, "keys", sides[n->keys]);
	}
	if (n->masked)
		write_masked(d, n);
	if (n->mean)
		draft_doubles(d, "mean", n->mean, 1, n->width);
	if (n->causal)
		draft_bool(d, "causal", true);
	if (n->positions)
		draft_bool(d, "positions", true);
	if (n->scale != 0)
		draft_real(d, "scale", n->scale);
	if (n->eps != 0)
		draft_real(d, "eps", n->eps);
	if (n->function)
		draft_text(d, "function", n->function);
	if (n->weight)
		draft_text(d, "weight", n->weight);
	if (n->bias)
		draft_text(d, "bias", n->bias);
}

void graph_write(struct draft *d, const struct graph *g)
{
	draft_list(d, "graph", g->nodes);
	for (int i = 0; i < g->nodes; i++)
		write_node(d, g, &g->node[i]);
}

static enum side read_side(const msgpack_object *map, const char *key, struct arena *a)
{
	const char *text = map_text(map, "graph", key, a);

	for (int s = SOURCE; s <= TARGET; s++)
		if (strcmp(text, sides[s]) == 0)
			return (enum side)s;
	die("graph: '%s' is 'source' or 'target', not '%s'", key, text);
}

static int read_size(const msgpack_object *map, const char *key)
{
	long n = map_int(map, "graph", key);

	if (n < 1 || n > 1 << 24)
		die("graph: '%s' is %ld", key, n);
	return (int)n;
}

static bool read_flag(const msgpack_object *map, const char *key)
{
	const msgpack_object *o = map_find(map, key);

	return o && o->type == MSGPACK_OBJECT_BOOLEAN && o->via.boolean;
}

static const char *read_name(const msgpack_object *map, const char *key, struct arena *a)
{
	return map_find(map, key) ? map_text(map, "graph", key, a) : NULL;
}

/* Names of all nodes are known by now. */
static void read_inputs(const struct graph *g, int i, const msgpack_object *map, struct arena *a)
{
	struct node *n = &g->node[i];
	const msgpack_object *list = map_find(map, "inputs");

	if (!list || list->type != MSGPACK_OBJECT_ARRAY || list->via.array.size > 2)
		die("graph: node '%s' needs 'inputs', a list of at most two names", n->name);
	n->inputs = (int)list->via.array.size;
	for (int k = 0; k < n->inputs; k++) {
		const char *name = object_text(&list->via.array.ptr[k], "graph: an input", a);

		n->input[k] = graph_find(g, name);
		if (n->input[k] < 0 || n->input[k] >= i)
			die("graph: input '%s' of node '%s' does not come before it", name,
				n->name);
	}
}

static void read_masked(struct node *n, const msgpack_object *map, struct arena *a)
{
	const msgpack_object *list = map_find(map, "masked");

	if (!list)
		return;
	if (list->type != MSGPACK_OBJECT_ARRAY || !node_is_heads(n))
		die("graph: node '%s': 'masked' is a list of heads of a context", n->name);
	n->masked = arena_zero(a, (size_t)n->heads, sizeof *n->masked);
	for (uint32_t i = 0; i < list->via.array.size; i++) {
		const msgpack_object *h = &list->via.array.ptr[i];

		if (h->type != MSGPACK_OBJECT_POSITIVE_INTEGER || h->via.u64 >= (uint64_t)n->heads)
			die("graph: node '%s': 'masked' names a head it does not have", n->name);
		n->masked[h->via.u64] = true;
	}
}

static void read_mean(struct node *n, const msgpack_object *map, struct arena *a)
{
	if (!map_find(map, "mean"))
		return;
	struct tensor t = map_tensor(map, "graph", "mean");

	if (!n->masked)
		die("graph: node '%s': 'mean' is of masked heads, and there are none", n->name);
	tensor_expect(&t, "graph: mean", 1, n->width);
	n->mean = memcpy(arena_array(a, (size_t)n->width, sizeof *n->mean),
		tensor_doubles(&t, a, "graph: mean"), (size_t)n->width * sizeof *n->mean);
}

static struct node read_node(const msgpack_object *map, struct arena *a)
{
	if (map->type != MSGPACK_OBJECT_MAP)
		die("graph: a node is not a map");
	struct node n = {
		.name = map_text(map, "graph", "name", a),
		.op = map_text(map, "graph", "op", a),
		.side = read_side(map, "side", a),
		.width = read_size(map, "width"),
		.causal = read_flag(map, "causal"),
		.positions = read_flag(map, "positions"),
		.function = read_name(map, "function", a),
		.weight = read_name(map, "weight", a),
		.bias = read_name(map, "bias", a),
	};

	if (map_find(map, "heads")) {
		n.heads = read_size(map, "heads");
		n.keys = read_side(map, "keys", a);
	}
	if (map_find(map, "scale"))
		n.scale = map_real(map, "graph", "scale");
	if (map_find(map, "eps"))
		n.eps = map_real(map, "graph", "eps");
	read_masked(&n, map, a);
	read_mean(&n, map, a);
	return n;
}

struct graph *graph_read(const struct record *header)
{
	const msgpack_object *list = record_list(header, "graph");
	struct graph *g = arena_zero(header->arena, 1, sizeof *g);

	g->node = arena_zero(header->arena, list->via.array.size, sizeof *g->node);
	for (uint32_t i = 0; i < list->via.array.size; i++) {
		g->node[i] = read_node(&list->via.array.ptr[i], header->arena);
		g->nodes++;
	}
	graph_index(g, header->arena);
	for (int i = 0; i < g->nodes; i++)
		read_inputs(g, i, &list->via.array.ptr[i], header->arena);
	graph_check(g);
	return g;
}
