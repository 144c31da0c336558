/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GGUF's tensors under the names, in the shapes and with the numbers of Hugging Face's models: what
 * llama.cpp's converter does (its folder conversion, gguf-py/gguf/tensor_mapping.py), undone.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "ckpt/format.h"
#include "pack/json.h"
#include "gguf/gguf.h"
#include "gguf/gguf_settings.h"
#include "tensor/convert.h"

/* A name without its ".weight" or ".bias"; %d stands for the layer. */
struct renamed {
	const char *theirs, *ours;
};

#define LLAMA_NAMES                                                                                \
	{ "token_embd", "model.embed_tokens" }, { "output_norm", "model.norm" },                   \
		{ "output", "lm_head" },                                                           \
		{ "blk.%d.attn_norm", "model.layers.%d.input_layernorm" },                         \
		{ "blk.%d.attn_q", "model.layers.%d.self_attn.q_proj" },                           \
		{ "blk.%d.attn_k", "model.layers.%d.self_attn.k_proj" },                           \
		{ "blk.%d.attn_v", "model.layers.%d.self_attn.v_proj" },                           \
		{ "blk.%d.attn_output", "model.layers.%d.self_attn.o_proj" },                      \
		{ "blk.%d.ffn_norm", "model.layers.%d.post_attention_layernorm" },                 \
		{ "blk.%d.ffn_gate", "model.layers.%d.mlp.gate_proj" },                            \
		{ "blk.%d.ffn_up", "model.layers.%d.mlp.up_proj" },                                \
	{                                                                                          \
		"blk.%d.ffn_down", "model.layers.%d.mlp.down_proj"                                 \
	}

static const struct renamed names_llama[] = { LLAMA_NAMES, { NULL, NULL } };
static const struct renamed names_qwen3[] = { LLAMA_NAMES,
	{ "blk.%d.attn_q_norm", "model.layers.%d.self_attn.q_norm" },
	{ "blk.%d.attn_k_norm", "model.layers.%d.self_attn.k_norm" }, { NULL, NULL } };
static const struct renamed names_gpt2[] = { { "token_embd", "transformer.wte" },
	{ "position_embd", "transformer.wpe" }, { "output_norm", "transformer.ln_f" },
	{ "output", "lm_head" }, { "blk.%d.attn_norm", "transformer.h.%d.ln_1" },
	{ "blk.%d.attn_qkv", "transformer.h.%d.attn.c_attn" },
	{ "blk.%d.attn_output", "transformer.h.%d.attn.c_proj" },
	{ "blk.%d.ffn_norm", "transformer.h.%d.ln_2" },
	{ "blk.%d.ffn_up", "transformer.h.%d.mlp.c_fc" },
	{ "blk.%d.ffn_down", "transformer.h.%d.mlp.c_proj" }, { NULL, NULL } };

/*
 * Rows of queries and keys of a head are pairs of rotary positions, one beside the other; ours has
 * the first of all pairs, then the second. A row is of one number in a bias.
 */
static const void *make_unpaired(const struct entry *e, const char *heads_key)
{
	const struct gguf *g = e->file->own;
	long heads = 0, rows = e->tensor.dimensions ? e->tensor.shape[0] : 1;
	size_t row = rows ? weights_size(e->tensor.type, e->tensor.count / (size_t)rows) : 0;
	char *to = must_alloc(e->size, 1);

	if (!gguf_whole(g, heads_key, &heads) &&
		!gguf_whole(g, "llama.attention.head_count", &heads))
		die("%s: no 'llama.attention.head_count', by which the rows of '%s' are ordered",
			g->path, e->name);
	if (heads < 1 || rows % heads || rows / heads % 2)
		die("%s: tensor '%s' has %ld rows, not pairs of rows of %ld heads", g->path,
			e->name, rows, heads);
	if (e->tensor.dimensions == 1 && weights_blocked(e->tensor.type))
		die("%s: tensor '%s' is a bias of the type %s, which is not supported", g->path,
			e->name, e->dtype);
	long width = rows / heads;
	for (long r = 0; r < rows; r++) {
		long head = r / width, k = r % width, pair = k % (width / 2);
		long theirs = head * width + 2 * pair + k / (width / 2);

		memcpy(to + (size_t)r * row, (const char *)e->stored + (size_t)theirs * row, row);
	}
	return to;
}

static const void *make_queries(const struct entry *e)
{
	return make_unpaired(e, "llama.attention.head_count");
}

static const void *make_keys(const struct entry *e)
{
	return make_unpaired(e, "llama.attention.head_count_kv");
}

static struct tensor stored_tensor(const struct entry *e)
{
	const struct gguf *g = e->file->own;
	const struct gguf_tensor *from = &g->tensors[e - e->file->entries];
	struct tensor t = e->tensor;

	strcpy(t.type, from->dtype->type);
	t.data = from->data;
	return t;
}

static float *floats_of(const struct entry *e)
{
	struct tensor t = stored_tensor(e);
	float *x = must_alloc(t.count, sizeof *x);

	tensor_to_floats(&t, x);
	return x;
}

/* Gains of Gemma are stored as 1 + g. */
static const void *make_gains(const struct entry *e)
{
	float *x = floats_of(e);

	for (size_t i = 0; i < e->tensor.count; i++)
		x[i] -= 1;
	return x;
}

/* Matrices of GPT-2 lie as [outputs, inputs]; ours are [inputs, outputs]. Blocks become floats. */
static const void *make_transposed(const struct entry *e)
{
	struct tensor stored = stored_tensor(e);
	float *floats = weights_blocked(stored.type) ? floats_of(e) : NULL;
	const char *from = floats ? (const char *)floats : stored.data;
	size_t element = weights_size(e->tensor.type, 1);
	long inputs = e->tensor.shape[0], outputs = e->tensor.shape[1];
	char *to = must_alloc(e->tensor.count, element);

	for (long i = 0; i < inputs; i++)
		for (long o = 0; o < outputs; o++)
			memcpy(to + (size_t)(i * outputs + o) * element,
				from + (size_t)(o * inputs + i) * element, element);
	free(floats);
	return to;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static void undo_llama(struct entry *e)
{
	if (strstr(e->name, ".self_attn.q_proj."))
		e->make = make_queries;
	else if (strstr(e->name, ".self_attn.k_proj."))
		e->make = make_keys;
}

static void undo_gemma(struct entry *e)
{
	if (!ends_with(e->name, "norm.weight"))
		return;
	strcpy(e->tensor.type, "<f4");
	e->make = make_gains;
}

static void undo_gpt2(struct entry *e)
{
	struct tensor *t = &e->tensor;

	if (t->dimensions != 2 || !strstr(e->name, ".c_"))
		return;
	long outputs = t->shape[0];
	t->shape[0] = t->shape[1];
	t->shape[1] = outputs;
	if (weights_blocked(t->type))
		strcpy(t->type, "<f4");
	e->make = make_transposed;
}

static const struct converter {
	const char *name;
	const struct renamed *names;
	void (*undo)(struct entry *e); /* what the converter did to numbers */
} converters[] = { { "llama", names_llama, undo_llama }, { "qwen2", names_llama, NULL },
	{ "qwen3", names_qwen3, NULL }, { "gemma", names_llama, undo_gemma },
	{ "gpt2", names_gpt2, undo_gpt2 } };

static const struct converter *find_converter(const struct gguf *g)
{
	const char *name = gguf_text(g, "general.architecture");

	for (size_t i = 0; name && i < sizeof converters / sizeof *converters; i++)
		if (!strcmp(converters[i].name, name))
			return &converters[i];
	return NULL;
}

/* "blk.12.attn_q" by "blk.%d.attn_q": the layer, as it is spelled, and its length; NULL: it is not
 * that name. Names without %d have a layer of no digits. */
static const char *match(const char *pattern, const char *name, size_t length, size_t *digits)
{
	const char *layer = strstr(pattern, "%d");
	size_t before = layer ? (size_t)(layer - pattern) : strlen(pattern);

	*digits = 0;
	if (length < before || strncmp(pattern, name, before))
		return NULL;
	const char *at = name + before;
	if (layer)
		*digits = strspn(at, "0123456789");
	if (layer && (!*digits || (*at == '0' && *digits > 1)))
		return NULL;
	const char *rest = layer ? layer + 2 : "";
	size_t left = length - before;
	if (left < *digits || left - *digits != strlen(rest) ||
		strncmp(at + *digits, rest, left - *digits))
		return NULL;
	return at;
}

/* A name of ours; one that stands in no table stays. */
static const char *rename_tensor(const struct converter *a, const char *name)
{
	const char *end = ends_with(name, ".weight") ? ".weight" : ".bias";
	size_t length, digits;

	if (!ends_with(name, end))
		return name;
	length = strlen(name) - strlen(end);
	for (const struct renamed *p = a->names; p->theirs; p++) {
		const char *layer = match(p->theirs, name, length, &digits);

		if (!layer)
			continue;
		const char *at = strstr(p->ours, "%d");
		int before = at ? (int)(at - p->ours) : (int)strlen(p->ours);
		size_t room = strlen(p->ours) + digits + strlen(end) + 1;
		char *renamed = must_alloc(room, 1);

		snprintf(renamed, room, "%.*s%.*s%s%s", before, p->ours, (int)digits, layer,
			at ? at + 2 : "", end);
		return renamed;
	}
	return name;
}

static void read_entry(struct weight_file *f, const struct gguf_tensor *from, struct entry *e,
	const struct converter *a)
{
	e->name = a ? rename_tensor(a, from->name) : from->name;
	e->dtype = from->dtype->name;
	e->size = from->bytes;
	e->file = f;
	strcpy(e->tensor.type, from->dtype->type);
	e->tensor.dimensions = from->dimensions;
	memcpy(e->tensor.shape, from->shape, sizeof from->shape);
	e->tensor.count = from->count;
	if (a && a->undo && e->name != from->name && *e->tensor.type)
		a->undo(e);
	e->tensor.data = e->make ? NULL : from->data;
	e->stored = from->data;
}

static void read_file(struct weight_file *f)
{
	struct gguf *g = gguf_read(f->path, f->bytes, f->size);
	const struct converter *a = find_converter(g);
	long parts = 0, part = 0;

	if (gguf_whole(g, "split.count", &parts) && parts > 1) {
		gguf_whole(g, "split.no", &part);
		die("%s: part %ld of %ld of a model; join them: llama-gguf-split --merge "
		    "FIRST-PART.gguf MODEL.gguf",
			f->path, part + 1, parts);
	}
	f->own = g;
	f->header = f->bytes;
	f->header_size = g->header_size;
	f->data = f->bytes + g->header_size;
	f->data_size = f->size - g->header_size;
	f->count = g->tensor_count;
	f->entries = must_alloc(f->count, sizeof *f->entries);
	for (size_t i = 0; i < f->count; i++)
		read_entry(f, &g->tensors[i], &f->entries[i], a);
}

static bool is_gguf(const struct weight_file *f)
{
	return gguf_is(f->bytes, f->size);
}

static int is_named_gguf(const struct dirent *e)
{
	return fnmatch("?*.gguf", e->d_name, 0) == 0;
}

/* The one file of a directory. */
static char *find_file(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_named_gguf, alphasort);
	char *path = count > 0 ? path_join(directory, entries[0]->d_name) : NULL;

	if (count > 1 && !fnmatch("*-[0-9]*-of-[0-9]*.gguf", entries[0]->d_name, 0))
		die("%s: parts of a model (%s, ...); join them: llama-gguf-split --merge %s "
		    "MODEL.gguf",
			directory, entries[0]->d_name, entries[0]->d_name);
	if (count > 1)
		die("%s: has several models, %s and %s%s; name one of the files", directory,
			entries[0]->d_name, entries[1]->d_name, count > 2 ? ", ..." : "");
	for (int i = 0; i < count; i++)
		free(entries[i]);
	if (count >= 0)
		free(entries);
	return path;
}

static json_t *settings_of(const struct weight_file *f)
{
	return gguf_settings(f->own);
}

const struct format format_gguf = { .find = find_file,
	.found = "*.gguf",
	.whole = true,
	.settings = settings_of,
	.unsupported =
		"relevance is of the weights, which that rounds or does not hold; supported: "
		"F32, F16, BF16 and Q8_0; take a file of one of those",
	.is = is_gguf,
	.read = read_file };
