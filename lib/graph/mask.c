/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/mask.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "pack/json.h"
#include "graph/choice.h"

static void choose(struct mask *m, const char *site, long head)
{
	m->head = must_realloc(m->head, (size_t)m->count + 1, sizeof *m->head);
	m->head[m->count++] = (struct masked_head){ site, head };
}

static bool is_number(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return length > 0 && length <= 6;
}

struct mask mask_of_json(const json_t *kinds, const char *where, struct arena *a)
{
	struct mask m = { NULL, 0 };
	const char *kind, *layer;
	json_t *layers, *heads, *head;
	size_t i;
	long n;

	json_object_foreach((json_t *)kinds, kind, layers)
	{
		if (!json_is_object(layers))
			die("%s: '%s' is no map of layers; heads are listed as in "
			    "{\"enc-self\": {\"0\": [1, 3]}}",
				where, kind);
		json_object_foreach(layers, layer, heads)
		{
			if (!json_is_array(heads) || !is_number(layer, strlen(layer)))
				die("%s: '%s': a layer has a number and a list of heads, not '%s'",
					where, kind, layer);
			json_array_foreach(heads, i, head)
			{
				if (!json_whole(head, &n) || n < 0)
					die("%s: '%s', layer %s: a head is a whole number", where,
						kind, layer);
				choose(&m, arena_printf(a, "%s.%s", kind, layer), n);
			}
		}
	}
	return m;
}

bool mask_has(const struct mask *m, const char *site, long head)
{
	for (int i = 0; i < m->count; i++)
		if (m->head[i].head == head && strcmp(m->head[i].site, site) == 0)
			return true;
	return false;
}

/* Switch the heads off in the graph. What the graph does not have is a usage error. */
static void mask_graph(struct graph *g, struct mask m, enum unit unit, struct arena *a)
{
	for (int i = 0; i < m.count; i++) {
		const struct masked_head *h = &m.head[i];
		int node = graph_find(g, h->site);

		if (node < 0 || !node_is_heads(&g->node[node]))
			die_usage("this model has no heads at '%s'; it has them at %s", h->site,
				graph_head_names(g, a));
		struct node *n = &g->node[node];
		long each = unit_heads(n, unit);

		if (h->head >= unit_count(n, unit))
			no_unit(n, unit, h->head);
		struct attention *set = n->set;
		if (!set->masked)
			set->masked = arena_zero(a, (size_t)set->heads, sizeof *set->masked);
		for (long k = h->head * each; k < (h->head + 1) * each; k++)
			set->masked[k] = true;
	}
}

void mask_typed(struct graph *g, const char *typed, enum unit unit, struct arena *a)
{
	size_t length = typed ? strlen(typed) : 0;

	if (!typed)
		return;
	if (*typed == '@' || (length > 5 && strcmp(typed + length - 5, ".json") == 0)) {
		struct json_file f = json_file_load(typed + (*typed == '@'));

		mask_graph(g, mask_of_json(f.object, f.path, a), unit, a);
		return;
	}
	bool **heads = graph_heads(g, typed, unit, a);
	for (int i = 0; i < g->nodes; i++)
		if (heads[i])
			((struct attention *)g->node[i].set)->masked = heads[i];
}

const char *mask_text(const struct graph *g, struct arena *a)
{
	const char *text = NULL;

	for (int i = 0; i < g->nodes; i++) {
		const struct node *n = &g->node[i];
		const char *between = arena_printf(a, "%s%s:", text ? ";" : "", n->name);

		const bool *masked = node_masked(n);

		for (int h = 0; masked && h < node_heads(n); h++)
			if (masked[h]) {
				text = arena_printf(a, "%s%s%d", text ? text : "", between, h);
				between = ",";
			}
	}
	return text;
}
