/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph_record.h"

#include <string.h>

#include "base/die.h"

static const char *const sides[] = { [SOURCE] = "source", [TARGET] = "target" };

/* The heads that are set. */
static void write_heads(struct draft *d, const char *key, const bool *head, int heads)
{
	int count = 0;

	for (int h = 0; h < heads; h++)
		count += head[h];
	draft_list(d, key, count);
	for (int h = 0; h < heads; h++)
		if (head[h])
			draft_int(d, NULL, h);
}

/* A setting's value, in what node->set points to. */
static void *value_of(const struct node *n, const struct setting *s)
{
	return (char *)n->set + s->offset;
}

/* Has the setting a value that has to be written? */
static bool is_set(const struct node *n, const struct setting *s)
{
	const void *value = value_of(n, s);

	switch (s->type) {
	case FLAG_SETTING:
		return *(const bool *)value;
	case COUNT_SETTING:
		return *(const int *)value != 0;
	case NUMBER_SETTING:
		return *(const double *)value != 0;
	case HEADS_SETTING:
		return *(bool *const *)value != NULL;
	case NEURONS_SETTING:
		return *(double *const *)value != NULL;
	default:
		return true;
	}
}

static void write_setting(struct draft *d, const struct node *n, const struct setting *s)
{
	const void *value = value_of(n, s);

	switch (s->type) {
	case SIZE_SETTING:
	case COUNT_SETTING:
		draft_int(d, s->key, *(const int *)value);
		break;
	case SIDE_SETTING:
		draft_text(d, s->key, sides[*(const int *)value]);
		break;
	case FLAG_SETTING:
		draft_bool(d, s->key, true);
		break;
	case NUMBER_SETTING:
		draft_real(d, s->key, *(const double *)value);
		break;
	case WORD_SETTING:
		draft_text(d, s->key, s->words[*(const int *)value]);
		break;
	case HEADS_SETTING:
		write_heads(d, s->key, *(bool *const *)value, node_heads(n));
		break;
	case NEURONS_SETTING:
		draft_doubles(d, s->key, *(double *const *)value, 1, n->width);
		break;
	}
}

/* A whole tensor is its name; a slice a map. */
static void write_weight(struct draft *d, const char *key, const struct weight *w)
{
	if (!w->tensor)
		return;
	if (!weight_is_slice(w)) {
		draft_text(d, key, w->tensor);
		return;
	}
	draft_map(d, key, 1 + 2 * !!w->rows + 2 * !!w->block + w->transposed);
	draft_text(d, "name", w->tensor);
	if (w->rows) {
		draft_int(d, "first", w->first);
		draft_int(d, "rows", w->rows);
	}
	if (w->block) {
		draft_int(d, "block", w->block);
		draft_int(d, "every", w->every);
	}
	if (w->transposed)
		draft_bool(d, "transposed", true);
}

static void write_node(struct draft *d, const struct graph *g, const struct node *n)
{
	const struct setting *first = n->kind->settings;
	int keys = 5 + !!n->weight.tensor + !!n->bias.tensor;

	for (const struct setting *s = first; s && s->key; s++)
		keys += is_set(n, s);
	draft_map(d, NULL, keys);
	draft_text(d, "name", n->name);
	draft_text(d, "op", n->kind->name);
	draft_list(d, "inputs", n->inputs);
	for (int k = 0; k < n->inputs; k++)
		draft_text(d, NULL, g->node[n->input[k]].name);
	draft_text(d, "side", sides[n->side]);
	draft_int(d, "width", n->width);
	for (const struct setting *s = first; s && s->key; s++)
		if (is_set(n, s))
			write_setting(d, n, s);
	write_weight(d, "weight", &n->weight);
	write_weight(d, "bias", &n->bias);
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

static int read_size(const msgpack_object *map, const char *key, long least)
{
	long n = map_int(map, "graph", key);

	if (n < least || n > 1 << 24)
		die("graph: '%s' is %ld", key, n);
	return (int)n;
}

/* Two numbers that are there together, or not. */
static int read_pair(
	const msgpack_object *map, const char *first, const char *second, long *x, long *y)
{
	if (!map_find(map, first) && !map_find(map, second))
		return 0;
	*x = map_int(map, "graph", first);
	*y = map_int(map, "graph", second);
	return 2;
}

static struct weight read_slice(const msgpack_object *map, const char *key, struct arena *a)
{
	const msgpack_object *transposed = map_find(map, "transposed");
	struct weight w = { .tensor = map_text(map, "graph", "name", a) };
	int keys = 1 + !!transposed;

	keys += read_pair(map, "first", "rows", &w.first, &w.rows);
	keys += read_pair(map, "block", "every", &w.block, &w.every);
	if (map->via.map.size != (uint32_t)keys ||
		(transposed && transposed->type != MSGPACK_OBJECT_BOOLEAN))
		die("graph: '%s' is a tensor's name, or {name, first, rows, block, every, transposed}",
			key);
	w.transposed = transposed && transposed->via.boolean;
	return w;
}

static struct weight read_weight(const msgpack_object *map, const char *key, struct arena *a)
{
	const msgpack_object *o = map_find(map, key);

	if (o && o->type == MSGPACK_OBJECT_MAP)
		return read_slice(o, key, a);
	return (struct weight){ .tensor = o ? map_text(map, "graph", key, a) : NULL };
}

/* Names of all nodes are known by now. */
static void read_inputs(const struct graph *g, int i, const msgpack_object *map, struct arena *a)
{
	struct node *n = &g->node[i];
	const msgpack_object *list = map_find(map, "inputs");

	if (!list || list->type != MSGPACK_OBJECT_ARRAY || list->via.array.size > MAX_INPUTS)
		die("graph: node '%s' needs 'inputs', a list of at most %d names", n->name,
			MAX_INPUTS);
	n->inputs = (int)list->via.array.size;
	for (int k = 0; k < n->inputs; k++) {
		const char *name = object_text(&list->via.array.ptr[k], "graph: an input", a);

		n->input[k] = graph_find(g, name);
		if (n->input[k] < 0 || n->input[k] >= i)
			die("graph: input '%s' of node '%s' does not come before it", name,
				n->name);
	}
}

static bool *read_heads(
	const struct node *n, const msgpack_object *list, const char *key, struct arena *a)
{
	int heads = node_heads(n);
	bool *head = arena_zero(a, (size_t)heads, sizeof *head);

	if (list->type != MSGPACK_OBJECT_ARRAY)
		die("graph: node '%s': '%s' is a list of heads", n->name, key);
	for (uint32_t i = 0; i < list->via.array.size; i++) {
		const msgpack_object *h = &list->via.array.ptr[i];

		if (h->type != MSGPACK_OBJECT_POSITIVE_INTEGER || h->via.u64 >= (uint64_t)heads)
			die("graph: node '%s': '%s' names a head it does not have", n->name, key);
		head[h->via.u64] = true;
	}
	return head;
}

static double *read_neurons(
	const struct node *n, const msgpack_object *map, const char *key, struct arena *a)
{
	struct tensor t = map_tensor(map, "graph", key);
	double *x = arena_array(a, (size_t)n->width, sizeof *x);

	const char *what = arena_printf(a, "graph: %s", key);

	tensor_expect(&t, what, 1, n->width);
	return memcpy(x, tensor_doubles(&t, a, what), (size_t)n->width * sizeof *x);
}

static int read_word(
	const msgpack_object *map, const struct setting *s, const struct node *n, struct arena *a)
{
	const char *text = map_text(map, "graph", s->key, a);

	for (int i = 0; s->words[i]; i++)
		if (strcmp(text, s->words[i]) == 0)
			return i;
	die("graph: node '%s': no %s %s '%s' here", n->name, n->kind->name, s->key, text);
}

/* Settings come in the order of the kind's table: the number of heads before what is of heads. */
static void read_setting(
	struct node *n, const msgpack_object *map, const struct setting *s, struct arena *a)
{
	void *value = value_of(n, s);
	const msgpack_object *o = map_find(map, s->key);
	bool needed = s->type == SIZE_SETTING || s->type == SIDE_SETTING || s->type == WORD_SETTING;

	if (!o && !needed)
		return;
	switch (s->type) {
	case SIZE_SETTING:
	case COUNT_SETTING:
		*(int *)value = read_size(map, s->key, s->type == SIZE_SETTING);
		break;
	case SIDE_SETTING:
		*(int *)value = read_side(map, s->key, a);
		break;
	case FLAG_SETTING:
		if (o->type != MSGPACK_OBJECT_BOOLEAN)
			die("graph: node '%s': '%s' is not true or false", n->name, s->key);
		*(bool *)value = o->via.boolean;
		break;
	case NUMBER_SETTING:
		*(double *)value = map_real(map, "graph", s->key);
		break;
	case WORD_SETTING:
		*(int *)value = read_word(map, s, n, a);
		break;
	case HEADS_SETTING:
		*(bool **)value = read_heads(n, o, s->key, a);
		break;
	case NEURONS_SETTING:
		*(double **)value = read_neurons(n, map, s->key, a);
		break;
	}
}

/* A setting that we do not know would change what the node computes. */
static void check_keys(const struct node *n, const msgpack_object *map, struct arena *a)
{
	static const char *const all[] = { "name", "op", "inputs", "side", "width", "weight",
		"bias" };

	for (uint32_t i = 0; i < map->via.map.size; i++) {
		const char *key = object_text(&map->via.map.ptr[i].key, "graph: a key", a);
		bool known = false;

		for (size_t k = 0; k < sizeof all / sizeof *all; k++)
			known |= strcmp(key, all[k]) == 0;
		for (const struct setting *s = n->kind->settings; s && s->key; s++)
			known |= strcmp(key, s->key) == 0;
		if (!known)
			die("graph: node '%s': '%s' is no setting of '%s' here", n->name, key,
				n->kind->name);
	}
}

static struct node read_node(const msgpack_object *map, struct arena *a)
{
	if (map->type != MSGPACK_OBJECT_MAP)
		die("graph: a node is not a map");
	const char *op = map_text(map, "graph", "op", a);
	struct node n = {
		.name = map_text(map, "graph", "name", a),
		.kind = kind_find(op),
		.side = read_side(map, "side", a),
		.width = read_size(map, "width", 1),
		.weight = read_weight(map, "weight", a),
		.bias = read_weight(map, "bias", a),
	};

	if (!n.kind)
		die("graph: node '%s': no operation '%s' here", n.name, op);
	check_keys(&n, map, a);
	if (n.kind->size)
		n.set = arena_zero(a, 1, n.kind->size);
	for (const struct setting *s = n.kind->settings; s && s->key; s++)
		read_setting(&n, map, s, a);
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
