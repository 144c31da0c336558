/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marian's own checkpoints: an archive of numpy's arrays, and among them, as bytes, the text of the
 * model's options, special:model.yml. Names and shapes as Hugging Face's converter changes them
 * (convert_marian_to_pytorch.py): matrices lie as [inputs, outputs] and are turned around, vectors are
 * rows of a matrix, and tables of tokens and the bias of the logits get an entry of zeros, the padding.
 * So all data is copied, once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "ckpt/format.h"
#include "release/npz_model.h"
#include "release/release.h"
#include "pack/npy.h"
#include "pack/yaml.h"
#include "pack/zip.h"

#define OPTIONS "special:model.yml"

struct npz_array {
	const char *name; /* without ".npy" */
	size_t at;	  /* in the archive */
	bool taken;
};

struct npz_reading {
	struct weight_file *file;
	struct zip *zip;
	struct npz_array *arrays; /* by name */
	size_t count;
	struct arena names, bytes; /* bytes: of the array that is being read */
};

/* How an array becomes a tensor. */
enum npz_form {
	MATRIX, /* [inputs, outputs] */
	VECTOR, /* [1, n] or [n] */
	TABLE,	/* [tokens, n]: a row more */
	OUTPUT, /* [inputs, tokens]: a row more behind the turn */
	BIAS,	/* [1, tokens] or [tokens]: a number more */
};

/* An archive whose first file is an array. */
static bool is_npz(const struct weight_file *f)
{
	enum { NAME_SIZE = 26, NAME = 30, END = 4 };
	size_t n;

	if (f->size < NAME || memcmp(f->bytes, "PK\3\4", 4) != 0)
		return false;
	n = f->bytes[NAME_SIZE] | (size_t)f->bytes[NAME_SIZE + 1] << 8;
	return n >= END && n <= f->size - NAME &&
	       memcmp(f->bytes + NAME + n - END, ".npy", END) == 0;
}

static int compare_arrays(const void *a, const void *b)
{
	return strcmp(((const struct npz_array *)a)->name, ((const struct npz_array *)b)->name);
}

/* Weights are hardly smaller deflated: memory is taken for what might be one, not for a bomb. */
static void check_size(const struct npz_reading *r)
{
	enum { MOST_OF_ONE = 64, MOST_OF_NONE = 1 << 20 };
	size_t left = MOST_OF_NONE + r->file->size * MOST_OF_ONE;

	for (size_t i = 0; i < r->count; i++) {
		size_t size = zip_size(r->zip, i);

		if (size > left)
			die("%s: its arrays are more than %d times as large as the archive: no "
			    "weights",
				r->file->path, MOST_OF_ONE);
		left -= size;
	}
}

static void list_arrays(struct npz_reading *r)
{
	r->zip = zip_open(r->file->path);
	r->count = zip_count(r->zip);
	check_size(r);
	r->arrays = must_alloc(r->count, sizeof *r->arrays);
	for (size_t i = 0; i < r->count; i++) {
		const char *name = zip_name(r->zip, i);
		size_t n = strlen(name);

		if (n < 4 || strcmp(name + n - 4, ".npy"))
			die("%s: '%s' is not an array, a file .npy", r->file->path, name);
		r->arrays[i] = (struct npz_array){ arena_text(&r->names, name, n - 4), i, false };
	}
	qsort(r->arrays, r->count, sizeof *r->arrays, compare_arrays);
	for (size_t i = 1; i < r->count; i++)
		if (!strcmp(r->arrays[i].name, r->arrays[i - 1].name))
			die("%s: array '%s' is there twice", r->file->path, r->arrays[i].name);
}

static struct npz_array *find(const struct npz_reading *r, const char *name)
{
	struct npz_array wanted = { .name = name };

	return bsearch(&wanted, r->arrays, r->count, sizeof wanted, compare_arrays);
}

static struct npz_array *must_find(const struct npz_reading *r, const char *name)
{
	struct npz_array *a = find(r, name);

	if (!a)
		die("%s: has no array '%s'", r->file->path, name);
	a->taken = true;
	return a;
}

/* In r->bytes. */
static const void *read_bytes(struct npz_reading *r, const struct npz_array *a, const char **what)
{
	*what = arena_printf(&r->bytes, "%s: array '%s'", r->file->path, a->name);
	return zip_read(r->zip, a->at, &r->bytes);
}

/* The options end with a byte 0, as texts of C do. */
static struct npz_model read_options(struct npz_reading *r)
{
	struct npz_array *a = must_find(r, OPTIONS);
	const char *what, *bytes = read_bytes(r, a, &what);
	size_t size;
	const char *text = npy_bytes(bytes, zip_size(r->zip, a->at), what, &size);
	const char *path = arena_printf(&r->names, "%s: " OPTIONS, r->file->path);

	if (size && !text[size - 1])
		size--;
	struct json_file options = yaml_file_parse(path, text, size);

	return npz_model_read(&options);
}

/* `from` [rows, columns], to [columns, rows], in tiles that fit in the cache. */
static void turn(
	unsigned char *to, const unsigned char *from, size_t rows, size_t columns, size_t element)
{
	enum { TILE = 32 };

	for (size_t r = 0; r < rows; r += TILE)
		for (size_t c = 0; c < columns; c += TILE)
			for (size_t i = c; i < c + TILE && i < columns; i++)
				for (size_t k = r; k < r + TILE && k < rows; k++)
					memcpy(to + (i * rows + k) * element,
						from + (k * columns + i) * element, element);
}

/* The shape that the form makes of the array's. */
static void reshape(
	const struct npz_reading *r, const char *name, enum npz_form form, struct tensor *t)
{
	bool vector = form == VECTOR || form == BIAS;
	bool row = t->dimensions == 2 && t->shape[0] == 1;
	long first = t->shape[0];

	if (vector ? !row && t->dimensions != 1 : t->dimensions != 2)
		die("%s: array '%s' has %d dimensions, or is of another form than its name says",
			r->file->path, name, t->dimensions);
	if (vector) {
		long n = row ? t->shape[1] : first;

		t->dimensions = form == VECTOR ? 1 : 2;
		t->shape[0] = form == VECTOR ? n : 1;
		t->shape[1] = n + 1;
		t->count = (size_t)(form == VECTOR ? n : n + 1);
		return;
	}
	if (form != TABLE) {
		t->shape[0] = t->shape[1];
		t->shape[1] = first;
	}
	if (form != MATRIX)
		t->shape[0]++;
	t->count = (size_t)t->shape[0] * (size_t)t->shape[1];
}

/* The next tensor, `name`, is made of an array. */
static void take(struct npz_reading *r, enum npz_form form, const char *from, const char *name)
{
	struct npz_array *a = must_find(r, from);
	const char *what;
	const void *bytes = read_bytes(r, a, &what);
	struct entry *e = &r->file->entries[r->file->count++];
	struct tensor t = npy_tensor(bytes, zip_size(r->zip, a->at), what);
	size_t element = tensor_element(t.type), size = t.count * element;
	bool half = !strcmp(t.type, "<f2");

	if (!half && strcmp(t.type, "<f4"))
		die("%s: of the type %s; only <f4 and <f2 are supported", what, t.type);
	e->name = name;
	e->dtype = half ? "F16" : "F32";
	e->tensor = t;
	reshape(r, from, form, &e->tensor);
	e->size = e->tensor.count * element;
	unsigned char *data = must_alloc(e->size ? e->size : 1, 1);
	if (form == MATRIX || form == OUTPUT)
		turn(data, t.data, (size_t)t.shape[0], (size_t)t.shape[1], element);
	else
		memcpy(data, t.data, size);
	e->tensor.data = data;
	arena_reset(&r->bytes);
}

/* A dense layer: matrix "PREFIX_Wx" and bias "PREFIX_bx". */
static void take_dense(struct npz_reading *r, const char *prefix, const char *x, const char *layer,
	const char *name)
{
	take(r, MATRIX, arena_printf(&r->names, "%s_W%s", prefix, x),
		arena_printf(&r->names, "%s.%s.weight", layer, name));
	take(r, VECTOR, arena_printf(&r->names, "%s_b%s", prefix, x),
		arena_printf(&r->names, "%s.%s.bias", layer, name));
}

/* Those in front of something end with "_pre". */
static void take_norm(struct npz_reading *r, const char *prefix, bool before, const char *name)
{
	const char *end = before ? "_pre" : "";

	take(r, VECTOR, arena_printf(&r->names, "%s_ln_scale%s", prefix, end),
		arena_printf(&r->names, "%s.weight", name));
	take(r, VECTOR, arena_printf(&r->names, "%s_ln_bias%s", prefix, end),
		arena_printf(&r->names, "%s.bias", name));
}

static void take_attention(struct npz_reading *r, const struct npz_model *m, const char *prefix,
	const char *layer, const char *name)
{
	static const char *const parts[] = { "q", "k", "v", "o" };

	for (int i = 0; i < 4; i++)
		take_dense(r, prefix, parts[i], layer,
			arena_printf(&r->names, "%s.%s_proj", name, i < 3 ? parts[i] : "out"));
	take_norm(r, arena_printf(&r->names, "%s_Wo", prefix), m->in_front,
		arena_printf(&r->names, "%s.%s_layer_norm", layer, name));
}

static void take_layer(struct npz_reading *r, const struct npz_model *m, bool decoder, long number)
{
	const char *side = decoder ? "decoder" : "encoder";
	const char *l = arena_printf(&r->names, "%s_l%ld", side, number + 1);
	const char *layer = arena_printf(&r->names, "model.%s.layers.%ld", side, number);
	const char *feed = arena_printf(&r->names, "%s_ffn", l);

	take_attention(r, m, arena_printf(&r->names, "%s_self", l), layer, "self_attn");
	if (decoder)
		take_attention(
			r, m, arena_printf(&r->names, "%s_context", l), layer, "encoder_attn");
	take_dense(r, feed, "1", layer, "fc1");
	take_dense(r, feed, "2", layer, "fc2");
	take_norm(r, arena_printf(&r->names, "%s_ffn", feed), m->in_front,
		arena_printf(&r->names, "%s.final_layer_norm", layer));
}

static void take_stack(struct npz_reading *r, const struct npz_model *m, bool decoder)
{
	const char *side = decoder ? "decoder" : "encoder";

	if (!m->shared)
		take(r, TABLE, arena_printf(&r->names, "%s_Wemb", side),
			arena_printf(&r->names, "model.%s.embed_tokens.weight", side));
	if (m->embedding)
		take_norm(r, arena_printf(&r->names, "%s_emb", side), true,
			arena_printf(&r->names, "model.%s.layernorm_embedding", side));
	for (long i = 0; i < m->layers[decoder]; i++)
		take_layer(r, m, decoder, i);
	if (m->top)
		take_norm(r, arena_printf(&r->names, "%s_top", side), false,
			arena_printf(&r->names, "model.%s.layer_norm", side));
}

/* Older models have the output's weights as a matrix, newer ones as a table. */
static void take_output(struct npz_reading *r, const struct npz_model *m)
{
	bool old = find(r, "decoder_ff_logit_out_W");

	if (!m->tied)
		take(r, old ? OUTPUT : TABLE,
			old ? "decoder_ff_logit_out_W" : "decoder_ff_logit_out_Wt",
			"lm_head.weight");
	if (m->bias)
		take(r, BIAS, "decoder_ff_logit_out_b", "final_logits_bias");
}

static void read_file(struct weight_file *f)
{
	struct npz_reading r = { .file = f };

	list_arrays(&r);
	struct npz_model m = read_options(&r);
	f->entries = must_alloc(r.count, sizeof *f->entries);
	if (m.shared)
		take(&r, TABLE, "Wemb", "model.shared.weight");
	take_stack(&r, &m, false);
	take_stack(&r, &m, true);
	take_output(&r, &m);
	for (size_t i = 0; i < r.count; i++)
		if (!r.arrays[i].taken)
			die("%s: no part of a transformer that is known here uses array '%s'",
				f->path, r.arrays[i].name);
	f->header = f->data = f->bytes;
	f->data_size = f->size;
	arena_free(&r.bytes);
	free(r.arrays);
}

static json_t *settings(const struct weight_file *f)
{
	struct weight_file unread = *f;
	struct npz_reading r = { .file = &unread };
	char *directory = must_strdup(f->path);

	list_arrays(&r);
	struct npz_model m = read_options(&r);
	directory[strlen(f->path) - strlen(f->name)] = '\0';
	return npz_model_config(&m, release_eos(*directory ? directory : ".", m.tokens[1] + 1));
}

const struct format format_npz = { .find = release_weights,
	.found = "*.npz",
	.settings = settings,
	.settings_alone = true,
	.is = is_npz,
	.read = read_file };
