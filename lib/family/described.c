/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An architecture of one's own: config.json has its graph, the list of nodes as the header of a trace
 * has it (stream/FORMAT.md), so any network of the operations there are can be read.
 */
#include "base/die.h"
#include "shape/family.h"
#include "graph/graph_record.h"
#include "show/json.h"

/* clang-format off */
static const struct key keys[] = {
	INT("max_position_embeddings", positions, 0), /* as its tables of positions have */
	ID("pad_token_id", pad, -1, EITHER_ID),          ID("decoder_start_token_id", start, -1, TARGET_ID),
	ID("bos_token_id", bos, -1, EITHER_ID),          ID("eos_token_id", eos, -1, FIRST_ID),
	ID("forced_eos_token_id", forced_eos, -1, TARGET_ID),
	ID("mask_token_id", mask, -1, EITHER_ID),
	UNUSED("graph", "read by itself"),
	{ 0 }
};
/* clang-format on */

static const json_t *node_list(const struct shape *s)
{
	const json_t *nodes = json_find(&s->file, "graph");

	if (!json_is_array(nodes) || !json_array_size(nodes))
		die("%s: 'graph' must be a list of nodes, as a trace's header has it",
			s->file.path);
	return nodes;
}

/* Ids are those of logits. */
static void finish(struct shape *s)
{
	const json_t *nodes = node_list(s);
	const json_t *last = json_array_get(nodes, json_array_size(nodes) - 1);
	long width;

	if (!json_whole(json_object_get(last, "width"), &width) || width < 1)
		die("%s: 'graph': the last node has no 'width'", s->file.path);
	s->vocabulary[ENC] = s->vocabulary[DEC] = width;
}

static struct graph *parse(const struct shape *s, struct arena *a)
{
	struct draft *d = draft_new();
	struct record header;
	size_t size;

	draft_begin(d, "header");
	json_draft(d, "graph", node_list(s), false);
	const char *bytes = draft_bytes(d, &size);
	record_parse(&header, bytes, size, msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE), a);
	return graph_read(&header); /* its names are in the zone: for the life of the process */
}

/* What the tables of tokens and of positions have rows for. */
static void read_tables(struct shape *s, const struct graph *g, const struct checkpoint *c)
{
	long positions = 0;

	for (int i = 0; i < g->nodes; i++) {
		const struct node *n = &g->node[i];

		if (n->kind != &kind_embed || !n->weight.tensor)
			continue;
		struct tensor t = checkpoint_tensor(c, n->weight.tensor);
		if (t.dimensions != 2 || t.shape[!n->weight.transposed] != n->width)
			die("tensor '%s' is no table of %d neurons, which node '%s' needs",
				n->weight.tensor, n->width, n->name);
		long rows = n->weight.rows ? n->weight.rows : t.shape[n->weight.transposed];
		const struct embedding *e = n->set;
		if (!e->positions && !e->constant)
			s->vocabulary[n->side == SOURCE ? ENC : DEC] = rows;
		else if (e->positions && (!positions || rows < positions))
			positions = rows;
	}
	if (s->positions && positions && s->positions > positions)
		die("%s: 'max_position_embeddings' is %ld; the checkpoint has %ld positions",
			s->file.path, s->positions, positions);
	if (!s->positions)
		s->positions = positions ? positions : 1000000;
}

/* For the header: the layers that have heads, and the heads of the first. */
static void count_layers(struct shape *s, const struct graph *g)
{
	for (int i = 0; i < g->nodes; i++) {
		const struct node *n = &g->node[i];
		int stack = n->side == SOURCE ? ENC : DEC;

		if (!node_is_heads(n) || node_keys(n) != n->side)
			continue;
		if (!s->layers[stack]++) {
			s->heads[stack] = node_heads(n);
			s->head_width[stack] = n->width / node_heads(n);
		}
	}
	s->width = g->node[g->node[graph_logits(g)].input[0]].width;
}

static struct graph *read_graph(struct shape *s, const struct checkpoint *c, struct arena *a)
{
	struct graph *g = parse(s, a);

	if (s->pruned.count)
		die("%s: '" PRUNED_HEADS "': a graph in the file says which heads there are",
			s->file.path);

	read_tables(s, g, c);
	count_layers(s, g);
	return g;
}

const struct family family_described = {
	.type = "graph",
	.keys = keys,
	.finish = finish,
	.graph = read_graph,
};
