/* SPDX-License-Identifier: Apache-2.0 */
#include "model/header.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "tensor/convert.h"

/* By kind of heads (enc-self, dec-self, dec-enc), layer and head. */
static int compare_heads(const void *a, const void *b)
{
	const struct masked_head *x = a, *y = b;
	const char *x_dot = strrchr(x->site, '.'), *y_dot = strrchr(y->site, '.');
	size_t x_kind = (size_t)(x_dot - x->site), y_kind = (size_t)(y_dot - y->site);
	int kinds = strncmp(y->site, x->site, x_kind > y_kind ? x_kind : y_kind);
	long x_layer = strtol(x_dot + 1, NULL, 10), y_layer = strtol(y_dot + 1, NULL, 10);

	if (x_kind != y_kind || kinds)
		return kinds;
	if (x_layer != y_layer)
		return x_layer > y_layer ? 1 : -1;
	return (x->head > y->head) - (x->head < y->head);
}

/* The heads that were taken out, in the form that masks are typed in; NULL: none. */
static const char *pruned_text(const struct shape *shape, struct arena *a)
{
	size_t count = (size_t)shape->pruned.count;
	struct masked_head *heads = arena_array(a, count, sizeof *heads);
	const char *text = "", *site = NULL;

	if (!count)
		return NULL;
	memcpy(heads, shape->pruned.head, count * sizeof *heads);
	qsort(heads, count, sizeof *heads, compare_heads);
	for (size_t i = 0; i < count; i++) {
		if (site && strcmp(site, heads[i].site) == 0)
			text = arena_printf(a, "%s,%ld", text, heads[i].head);
		else
			text = arena_printf(a, "%s%s%s:%ld", text, site ? ";" : "", heads[i].site,
				heads[i].head);
		site = heads[i].site;
	}
	return text;
}

void model_write(struct draft *d, const struct shape *shape, const char *masked, const char *mean,
	struct checkpoint *c)
{
	struct arena a = { 0 };
	int first = shape->layers[ENC] ? ENC : DEC; /* the stack that is described */
	const char *pruned = pruned_text(shape, &a);

	draft_map(d, "model", 7 + !!pruned + !!masked + !!mean);
	draft_text(d, "family", shape->type);
	draft_text(d, "name", shape->name);
	draft_int(d, "layers", shape->layers[first]);
	draft_int(d, "heads", shape->heads[first]);
	draft_int(d, "kv_heads",
		shape->kv_heads[first] ? shape->kv_heads[first] : shape->heads[first]);
	draft_int(d, "width", shape->width);
	if (pruned)
		draft_text(d, "pruned", pruned);
	if (masked)
		draft_text(d, "masked", masked);
	if (mean)
		draft_text(d, "masked_by", mean);
	const char *path = checkpoint_path(c);
	bool valid = utf8_valid(path, strlen(path));

	draft_map(d, "checkpoint", valid ? 3 : 4);
	draft_text(d, "path", path);
	if (!valid)
		draft_bin(d, "path_bytes", path, strlen(path));
	draft_int(d, "bytes", checkpoint_bytes(c));
	draft_text(d, "hash", checkpoint_hash(c));
	arena_free(&a);
}

static bool is_called(const struct weight *w, const char *name)
{
	return w->tensor && strcmp(w->tensor, name) == 0;
}

/* Tensor k of a node, or NULL where an earlier one has the same. */
static const char *tensor_name(const struct graph *g, int node, int k)
{
	const char *name = k ? g->node[node].bias.tensor : g->node[node].weight.tensor;

	for (int i = 0; name && i < node; i++)
		if (is_called(&g->node[i].weight, name) || is_called(&g->node[i].bias, name))
			return NULL;
	return name;
}

void weights_write(struct draft *d, const struct graph *g, const struct checkpoint *c)
{
	int count = 0;

	for (int i = 0; i < 2 * g->nodes; i++)
		count += tensor_name(g, i / 2, i % 2) != NULL;
	draft_map(d, "weights", count);
	for (int i = 0; i < 2 * g->nodes; i++) {
		const char *name = tensor_name(g, i / 2, i % 2);

		if (!name)
			continue;
		struct tensor t = checkpoint_tensor(c, name);
		float *x = must_alloc(t.count, sizeof *x);

		tensor_to_floats(&t, x);
		strcpy(t.type, "<f4");
		t.data = x;
		draft_tensor(d, name, &t);
		free(x);
	}
}
