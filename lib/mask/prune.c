/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/prune.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "ckpt/settings.h"
#include "graph/mask.h"
#include "save/tokenizer_files.h"
#include "save/copy.h"
#include "save/directory.h"
#include "save/write.h"

struct job {
	const struct graph *graph;
	const struct shape *shape;
	const struct checkpoint *checkpoint;
	bool cut;
	const char *note;
	struct tensor_edit *edits;
	int count;
	struct arena *arena;
	bool quiet;
	const char *left; /* names of what is not copied; NULL: nothing */
};

/*
 * The flags of a tensor's rows, or columns, that are to be zero or cut: one list for all slices of a
 * tensor.
 */
static bool *flags_of(struct job *j, const char *tensor, bool columns, long *length)
{
	struct tensor t = checkpoint_tensor(j->checkpoint, tensor);

	*length = t.dimensions > columns ? t.shape[columns] : 0;
	for (int i = 0; i < j->count; i++) {
		if (strcmp(j->edits[i].tensor, tensor))
			continue;
		if (j->edits[i].columns != columns)
			die("tensor '%s' would lose both rows and columns: not supported", tensor);
		return j->edits[i].which;
	}
	bool *which = arena_zero(j->arena, (size_t)*length, sizeof *which);
	j->edits = must_realloc(j->edits, (size_t)j->count + 1, sizeof *j->edits);
	j->edits[j->count++] = (struct tensor_edit){ tensor, columns, j->cut, *length, which };
	return which;
}

/* Neurons that a node gives: rows of its weight, or bias. */
static void edit_rows(struct job *j, const struct weight *w, long count, const bool *which)
{
	bool columns = w->transposed;
	long length, last = weight_place(w, count - 1);
	bool *all = flags_of(j, w->tensor, columns, &length);

	if (last >= length)
		die("tensor '%s' has %ld %s, not %ld", w->tensor, length,
			columns ? "columns" : "rows", last + 1);
	for (long i = 0; i < count; i++)
		all[weight_place(w, i)] |= which[i];
}

static void edit_neurons(struct job *j, int node, const bool *which)
{
	const struct node *n = &j->graph->node[node];

	edit_rows(j, &n->weight, n->width, which);
	if (n->bias.tensor)
		edit_rows(j, &n->bias, n->width, which);
}

static bool reads(const struct weight *w, const char *tensor)
{
	return w->tensor && strcmp(w->tensor, tensor) == 0;
}

/* Neurons that a node takes, columns of its weight: they have to be its own, or the heads of another
 * node would go as well. */
static void edit_inputs(struct job *j, int node, long count, const bool *which)
{
	const struct graph *g = j->graph;
	const struct node *n = &g->node[node];
	struct weight inputs = { .tensor = n->weight.tensor, .transposed = !n->weight.transposed };
	bool own = !n->weight.rows;

	if (!node_is_dense(g, n))
		die("node '%s' reads heads and has no matrix that they could be taken out of",
			n->name);
	for (int i = 0; i < g->nodes; i++)
		own &= i == node || (!reads(&g->node[i].weight, inputs.tensor) &&
					    !reads(&g->node[i].bias, inputs.tensor));
	if (!own)
		die("tensor '%s' is not of node '%s' alone: heads cannot be taken out of it",
			inputs.tensor, n->name);
	edit_rows(j, &inputs, count, which);
}

/* What queries or keys are turned and normed from, by heads: the dense layer that loses rows. */
static int dense_below(const struct job *j, const struct node *site, int node)
{
	const struct graph *g = j->graph;
	const struct node *n = &g->node[node];

	for (; node_keeps_heads(n); n = &g->node[node])
		node = n->input[0];
	if (!node_is_dense(g, n))
		die("'%s' reads '%s', out of which no head can be taken; use --mask", site->name,
			n->name);
	return node;
}

/* Heads that share keys and values go together; a table of distances has a column for each head. */
static void check_cut(const struct job *j, int site)
{
	const struct graph *g = j->graph;
	const struct node *n = &g->node[site], *scores = &g->node[g->node[n->input[0]].input[0]];
	const bool *masked = node_masked(n);
	long each = unit_heads(n, UNIT_GROUP);

	for (long h = 0; h < node_heads(n); h++)
		if (masked[h] != masked[h / each * each])
			die("'%s': heads %ld to %ld share their keys and values, and are taken out "
			    "together (--unit group) or not at all; use --mask",
				n->name, h / each * each, h / each * each + each - 1);
	if (scores->weight.tensor)
		die("'%s' adds a column of '%s' to the scores of each head: none can be taken out; "
		    "use --mask",
			n->name, scores->weight.tensor);
}

/* Of the neurons of so many heads, or of so many that they read, those of the heads that go. */
static const bool *neurons_of(struct job *j, const struct node *site, long width, long heads)
{
	const bool *masked = node_masked(site);
	bool *which = arena_zero(j->arena, (size_t)width, sizeof *which);
	long each = node_heads(site) / heads;

	for (long i = 0; i < width; i++)
		which[i] = masked[i / (width / heads) * each];
	return which;
}

/* The dense layers of queries, keys and values lose the rows of heads. */
static void cut_rows(struct job *j, int site)
{
	const struct graph *g = j->graph;
	const struct node *n = &g->node[site], *scores = &g->node[g->node[n->input[0]].input[0]];
	const int made_of[] = { scores->input[0], scores->input[1], n->input[1] };
	int kv_heads = key_heads(attention_of(n));

	check_cut(j, site);
	for (int k = 0; k < 3; k++) {
		int dense = dense_below(j, n, made_of[k]);

		edit_neurons(j, dense,
			neurons_of(j, n, g->node[dense].width, k ? kv_heads : node_heads(n)));
	}
}

/* One layer's heads: neurons of the context, rows of what it is made from. */
static void edit_site(struct job *j, int site)
{
	const struct graph *g = j->graph;
	const struct node *n = &g->node[site];
	const bool *masked = node_masked(n), *which = neurons_of(j, n, n->width, node_heads(n));
	int left = 0;

	for (int h = 0; h < node_heads(n); h++)
		left += !masked[h];
	if (j->cut && !left)
		die_usage("'%s' has to keep a head: no layer of none can be stored; use --mask",
			n->name);
	for (int i = site + 1; i < g->nodes; i++)
		for (int k = 0; k < g->node[i].inputs; k++)
			if (g->node[i].input[k] == site)
				edit_inputs(j, i, n->width, which);
	if (j->cut)
		cut_rows(j, site);
}

/* The number a head had before any was taken out. */
static long original(const struct shape *shape, const char *site, long head)
{
	long h = 0;

	for (;; h++)
		if (!mask_has(&shape->pruned, site, h) && !head--)
			return h;
}

/* Add a head to {"enc-self": {"0": [1]}}; sites are called kind.layer. */
static void list_head(json_t *kinds, const char *site, long head, struct arena *a)
{
	const char *dot = strrchr(site, '.'), *kind = arena_text(a, site, (size_t)(dot - site));
	json_t *layers = json_object_get(kinds, kind), *heads;

	if (!layers)
		json_object_set_new(kinds, kind, layers = json_object());
	if (!(heads = json_object_get(layers, dot + 1)))
		json_object_set_new(layers, dot + 1, heads = json_array());
	json_array_append_new(heads, json_integer(head));
}

static char *pruned_text(const struct job *j)
{
	const struct mask *before = &j->shape->pruned;
	json_t *kinds = json_object();

	for (int i = 0; i < before->count; i++)
		list_head(kinds, before->head[i].site, before->head[i].head, j->arena);
	for (int i = 0; i < j->graph->nodes; i++) {
		const struct node *n = &j->graph->node[i];

		const bool *masked = node_masked(n);

		for (int h = 0; masked && h < node_heads(n); h++)
			if (masked[h])
				list_head(kinds, n->name, original(j->shape, n->name, h), j->arena);
	}
	return json_dumps(kinds, 0);
}

/* config.json (again): the settings in their order, and the list of all that was taken out, not
 * under `pruned_heads` any more, which others read in a form of their own. */
static void write_config(const struct job *j, const char *directory)
{
	json_t *config = json_deep_copy(j->shape->file.object);
	json_error_t error;

	if (j->cut) {
		json_object_del(config, "pruned_heads");
		json_object_set_new(config, PRUNED_HEADS, json_loads(pruned_text(j), 0, &error));
	}
	char *text = json_dumps(config, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	if (!text)
		die("out of memory");
	const char *line = arena_printf(j->arena, "%s\n", text);
	file_write(path_join(directory, "config.json"), line, strlen(line));
}

/* What belongs to a model in this format: settings, the tokeniser, and what is to be read. */
static bool belongs(const char *name)
{
	static const char *const files[] = { "config.json", "generation_config.json",
		"tokenizer_config.json", "tokenizer.json", "special_tokens_map.json",
		"added_tokens.json", "chat_template.*", "vocab.json", "target_vocab.json",
		"merges.txt", "vocab.txt", "dict.txt", "source.spm", "target.spm",
		"tokenizer.model", "spiece.model", "spm.model", "sentencepiece.bpe.model",
		"README*", "LICEN[CS]E*", "COPYING*", "NOTICE*", "CITATION*", "MODEL_CARD*",
		"PROVENANCE*", NULL };

	for (int i = 0; files[i]; i++)
		if (fnmatch(files[i], name, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

static const struct format *format_of(const struct job *j)
{
	return checkpoint_file(j->checkpoint, 0)->format;
}

/* Weights in safetensors are written anew, and where heads are taken out, config.json. */
static bool is_rewritten(const struct job *j, const char *name)
{
	const struct weight_file *f;

	for (size_t i = 0; (f = checkpoint_file(j->checkpoint, i)); i++)
		if (f->format == &format_safetensors && strcmp(f->name, name) == 0)
			return true;
	return j->cut && strcmp(name, "config.json") == 0;
}

/* The index of several files of safetensors; that of a model in one file is a leftover, and one of
 * another format does not fit what is written. */
static bool is_index(const struct job *j, const char *name)
{
	const struct format *format = format_of(j);

	return format == &format_safetensors && strcmp(name, format->index) == 0 &&
	       strcmp(checkpoint_file(j->checkpoint, 0)->name, format->single) != 0;
}

/* A model whose weights say its settings gets them as a file. */
static bool has_config(const struct job *j)
{
	const char *slash = strrchr(j->shape->file.path, '/');

	return slash && strcmp(slash + 1, "config.json") == 0;
}

static bool is_copied(const char *name, void *job)
{
	struct job *j = job;

	if (is_rewritten(j, name))
		return false;
	if (belongs(name) || is_index(j, name))
		return true;
	j->left =
		arena_printf(j->arena, "%s%s%s", j->left ? j->left : "", j->left ? ", " : "", name);
	return false;
}

static void fill(const char *directory, void *context)
{
	struct job *j = context;

	if (!model_is_file(j->shape->directory))
		directory_copy(j->shape->directory, directory, is_copied, j);
	checkpoint_copy(j->checkpoint, j->edits, j->count, j->note, directory, j->arena);
	if (j->cut || !has_config(j))
		write_config(j, directory);
	if (!has_config(j))
		tokenizer_files_write(j->shape->directory, directory, j->shape->vocabulary);
	if (j->left && !j->quiet)
		warn("not copied, no part of the model in this format: %s", j->left);
}

void prune_write(const struct graph *g, const struct shape *shape, const struct checkpoint *c,
	bool cut, bool quiet, const char *path)
{
	struct arena *a = must_alloc(1, sizeof *a);
	struct job j = { g, shape, c, cut, NULL, NULL, 0, a, quiet, NULL };

	j.note = arena_printf(a, "head-prune --%s %s", cut ? "remove" : "mask", mask_text(g, a));
	for (int i = 0; i < g->nodes; i++)
		if (node_masked(&g->node[i]))
			edit_site(&j, i);
	directory_make(path, fill, &j);
}
