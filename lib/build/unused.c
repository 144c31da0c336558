/* SPDX-License-Identifier: Apache-2.0 */
#include "build/unused.h"

#include <fnmatch.h>
#include <string.h>

#include "base/die.h"
#include "build/tables.h"

/* Tensors without effect in any family, by patterns of their names. */
static const struct unused known[] = {
	{ "*position_ids", "the numbers 0, 1, 2, ... of positions, kept as a buffer" },
	{ "*.version", "a mark of the class that wrote the file" },
	{ "*embed_positions.weights", "sinusoids, kept as a buffer; a table is called weight" },
	{ NULL, NULL }
};

struct check {
	const struct graph *g;
	const struct shape *shape;
	const struct checkpoint *checkpoint;
	const char **used; /* names, sorted */
	size_t count;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_used(struct check *k)
{
	k->used = must_alloc(2 * (size_t)k->g->nodes, sizeof *k->used);
	for (int i = 0; i < k->g->nodes; i++) {
		const struct node *n = &k->g->node[i];

		if (n->weight.tensor)
			k->used[k->count++] = n->weight.tensor;
		if (n->bias.tensor)
			k->used[k->count++] = n->bias.tensor;
	}
	qsort(k->used, k->count, sizeof *k->used, compare_names);
}

static bool is_used(const struct check *k, const char *name)
{
	return bsearch(&name, k->used, k->count, sizeof *k->used, compare_names) != NULL;
}

static bool is_listed(const struct unused *list, const char *name)
{
	for (; list && list->name; list++)
		if (fnmatch(list->name, name, 0) == 0)
			return true;
	return false;
}

static bool is_known(const struct check *k, const char *name)
{
	return is_listed(known, name) || is_listed(k->shape->family->unused, name);
}

/* A table under another name than the one that is read, as files keep tied ones. */
static bool is_copy(const struct check *k, const struct entry *e)
{
	if (!*e->tensor.type)
		return false;
	struct tensor t = entry_tensor(e);

	for (int i = 0; i < k->g->nodes; i++) {
		const struct node *n = &k->g->node[i];

		if (n->kind != &kind_embed || !n->weight.tensor)
			continue;
		struct tensor table = checkpoint_tensor(k->checkpoint, n->weight.tensor);
		if (tables_equal(&t, &table))
			return true;
	}
	return false;
}

static void check_entry(const struct entry *e, void *context)
{
	const struct check *k = context;

	if (is_used(k, e->name) || is_known(k, e->name) || is_copy(k, e))
		return;
	die("%s: no part of a '%s' model that is known here uses tensor '%s'; remove it if it does "
	    "not change the computation",
		e->file->path, k->shape->type, e->name);
}

void unused_check(const struct graph *g, const struct shape *shape, const struct checkpoint *c)
{
	struct check k = { .g = g, .shape = shape, .checkpoint = c };

	list_used(&k);
	checkpoint_list(c, check_entry, &k);
	free(k.used);
}
