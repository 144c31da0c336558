/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mean.h"

#include <string.h>

#include "base/die.h"
#include "stream/stream.h"

static void same_checkpoint(const struct record *header, const char *hash)
{
	const msgpack_object *model = record_map(header, "model");
	const msgpack_object *checkpoint = map_find(model, "checkpoint");

	if (!checkpoint || checkpoint->type != MSGPACK_OBJECT_MAP ||
		strcmp(map_text(checkpoint, "model.checkpoint", "hash", header->arena), hash))
		die("means of another checkpoint; make them with head-mean from a trace of this one");
	if (map_find(model, "masked"))
		die("means of a model with masked heads; make them without --mask");
}

/* The mean of a masked node. */
static void take_mean(struct node *n, const struct record *r, struct arena *a)
{
	struct tensor t = record_tensor(r, "mean");

	tensor_expect(&t, "mean", 2, node_heads(n), n->width / node_heads(n));
	struct attention *set = n->set;
	set->mean = arena_array(a, (size_t)n->width, sizeof *set->mean);
	memcpy(set->mean, tensor_doubles(&t, r->arena, "mean"),
		(size_t)n->width * sizeof *set->mean);
}

const char *means_read(struct graph *g, const char *file, const char *hash, struct arena *a)
{
	struct record r;
	long positions = 0;

	if (!file)
		return NULL;
	struct instream *in = stream_open_file(file, "means");
	while (stream_next(in, &r)) {
		int node = r.is_header ? -1 : graph_find(g, record_text(&r, "site"));

		if (r.is_header)
			same_checkpoint(&r, hash);
		else if (record_int(&r, "positions") > positions)
			positions = record_int(&r, "positions");
		if (node >= 0 && node_masked(&g->node[node]))
			take_mean(&g->node[node], &r, a);
	}
	for (int i = 0; i < g->nodes; i++)
		if (node_masked(&g->node[i]) && !attention_of(&g->node[i])->mean)
			die("no mean of site %s, whose heads are masked", g->node[i].name);
	place_source(NULL);
	return arena_printf(a, "mean of %ld positions", positions);
}
