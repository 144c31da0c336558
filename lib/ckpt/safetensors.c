/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/format.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "ckpt/json.h"
#include "ckpt/write.h"

/*
 * The safetensors format:
 *
 *   8 bytes   length of the header, little-endian
 *   header    JSON: {"name": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}, ...}
 *   data      the offsets count from here
 */

#define METADATA "__metadata__" /* texts by name, among the header's tensors */
#define NOTE "lrpipe"

enum { LENGTH_SIZE = 8, MAX_HEADER = 100 * 1000 * 1000 };

/* Data types of the format: bytes of an element, and what we call it where we compute with it. */
static const struct dtype {
	const char *name;
	size_t size;
	const char *type;
} dtypes[] = {
	{ "F32", 4, "<f4" }, { "F16", 2, "<f2" }, { "BF16", 2, "bf16" }, { "F64", 8, "" },
	{ "I64", 8, "" }, { "U64", 8, "" }, { "I32", 4, "" }, { "U32", 4, "" }, { "I16", 2, "" },
	{ "U16", 2, "" }, { "I8", 1, "" }, { "U8", 1, "" }, { "BOOL", 1, "" }, { "F8_E4M3", 1, "" },
	{ "F8_E5M2", 1, "" },
	{ NULL, 0, "" }, /* one that is newer than this list: its size is not checked */
};

static const struct dtype *find_dtype(const char *name)
{
	const struct dtype *d = dtypes;

	while (d->name && strcmp(d->name, name))
		d++;
	return d;
}

static void read_shape(const struct weight_file *f, struct entry *e, const json_t *shape)
{
	struct tensor *t = &e->tensor;
	size_t dimensions = json_array_size(shape);

	if (!json_is_array(shape) || dimensions > TENSOR_DIMENSIONS)
		die("%s: tensor '%s': 'shape' must be a list of at most %d sizes", f->path, e->name,
			TENSOR_DIMENSIONS);
	t->dimensions = (int)dimensions;
	t->count = 1;
	for (size_t i = 0; i < dimensions; i++) {
		long size;

		if (!json_whole(json_array_get(shape, i), &size) || size < 0)
			die("%s: tensor '%s': bad size in 'shape'", f->path, e->name);
		if (size && t->count > SIZE_MAX / 16 / (size_t)size)
			die("%s: tensor '%s': its shape is too large", f->path, e->name);
		t->shape[i] = size;
		t->count *= (size_t)size;
	}
}

/* Where the data lies; it must be inside the file and as large as shape and type say. */
static void read_offsets(
	const struct weight_file *f, struct entry *e, const json_t *offsets, size_t element)
{
	long begin, end;

	if (json_array_size(offsets) != 2 || !json_whole(json_array_get(offsets, 0), &begin) ||
		!json_whole(json_array_get(offsets, 1), &end))
		die("%s: tensor '%s': 'data_offsets' must be two whole numbers", f->path, e->name);
	if (begin < 0 || end < begin || (size_t)end > f->data_size)
		die("%s: tensor '%s': its data, bytes %ld to %ld, is not inside the file's %zu",
			f->path, e->name, begin, end, f->data_size);
	if (element && (size_t)(end - begin) != e->tensor.count * element)
		die("%s: tensor '%s': its shape needs %zu bytes, 'data_offsets' give %ld", f->path,
			e->name, e->tensor.count * element, end - begin);
	e->tensor.data = f->data + begin;
	e->size = (size_t)(end - begin);
}

static void read_entry(
	const struct weight_file *f, struct entry *e, const char *name, const json_t *value)
{
	const json_t *dtype = json_object_get(value, "dtype");
	const struct dtype *d;

	if (!json_is_string(dtype))
		die("%s: tensor '%s': 'dtype' must be a string", f->path, name);
	e->name = name;
	e->dtype = json_string_value(dtype);
	d = find_dtype(e->dtype);
	strcpy(e->tensor.type, d->type);
	read_shape(f, e, json_object_get(value, "shape"));
	read_offsets(f, e, json_object_get(value, "data_offsets"), d->size);
}

static void read_entries(struct weight_file *f, const json_t *header)
{
	const char *name;
	json_t *value;

	f->entries = must_alloc(json_object_size(header), sizeof *f->entries);
	f->own = json_object_get(header, METADATA);
	json_object_foreach((json_t *)header, name, value) if (strcmp(name, METADATA))
		read_entry(f, &f->entries[f->count++], name, value);
}

/* There are no first bytes that all have: behind the length stands a JSON object. */
static bool is_safetensors(const struct weight_file *f)
{
	return f->size > LENGTH_SIZE && f->bytes[LENGTH_SIZE] == '{';
}

static void read_file(struct weight_file *f)
{
	uint64_t size;

	if (f->size < LENGTH_SIZE + 2)
		die("%s: not a safetensors file: %zu bytes", f->path, f->size);
	memcpy(&size, f->bytes, LENGTH_SIZE);
	if (size > f->size - LENGTH_SIZE)
		die("%s: not a safetensors file, or cut off: a header of %llu bytes in a file of "
		    "%zu",
			f->path, (unsigned long long)size, f->size);
	if (size > MAX_HEADER)
		die("%s: its header has %llu bytes, more than %d", f->path,
			(unsigned long long)size, MAX_HEADER);
	f->header = f->bytes + LENGTH_SIZE;
	f->header_size = (size_t)size;
	f->data = f->header + size;
	f->data_size = f->size - LENGTH_SIZE - f->header_size;
	read_entries(f, json_file_parse(f->path, (const char *)f->header, f->header_size).object);
}

/* Of a tensor that was left out, since another is the same, the metadata give the other's name. */
static const char *kept_for(const struct weight_file *f, const char *name)
{
	return json_string_value(json_object_get(f->own, name));
}

static void set_note(json_t *header, const char *path, const char *note)
{
	json_t *metadata = json_object_get(header, METADATA);
	const char *before = json_string_value(json_object_get(metadata, NOTE));

	if (metadata && !json_is_object(metadata))
		die("%s: " METADATA " is not an object", path);
	if (!metadata) {
		metadata = json_object();
		json_object_set_new(header, METADATA, metadata);
	}
	json_object_set_new(
		metadata, NOTE, before ? json_sprintf("%s; %s", before, note) : json_string(note));
}

/* The header of the file with other shapes and offsets, in the same order. */
static char *make_header(
	const struct weight_file *f, const struct edited *o, const char *note, size_t *size)
{
	json_error_t error;
	json_t *header = json_loadb((const char *)f->header, f->header_size, 0, &error);

	if (!header)
		die("%s: not valid JSON: %s", f->path, error.text);
	for (size_t i = 0; i < f->count; i++) {
		json_t *entry = json_object_get(header, o[i].entry->name), *shape = json_array();

		for (int d = 0; d < o[i].entry->tensor.dimensions; d++)
			json_array_append_new(shape, json_integer(o[i].shape[d]));
		json_object_set_new(entry, "shape", shape);
		json_object_set_new(entry, "data_offsets",
			json_pack("[I, I]", (json_int_t)o[i].begin,
				(json_int_t)(o[i].begin + o[i].size)));
	}
	set_note(header, f->path, note);
	char *text = json_dumps(header, JSON_COMPACT);
	if (!text)
		die("out of memory");
	json_decref(header);
	*size = strlen(text);
	return text;
}

static void write_copy(const struct weight_file *f, const struct tensor_edit *edits, int count,
	const char *note, const char *path)
{
	struct edited *o = tensors_edited(f, edits, count);
	size_t size;
	char *header = make_header(f, o, note, &size);
	uint64_t padded = (size + 7) / 8 * 8;
	FILE *to = file_create(path);

	file_put(to, path, &padded, sizeof padded);
	file_put(to, path, header, size);
	file_put(to, path, "        ", (size_t)padded - size);
	for (size_t i = 0; i < f->count; i++)
		file_put(to, path, o[i].own ? o[i].own : o[i].entry->tensor.data, o[i].size);
	file_finish(to, path);
	for (size_t i = 0; i < f->count; i++)
		free(o[i].own);
	free(o);
	free(header);
}

const struct format format_safetensors = { .single = "model.safetensors",
	.index = "model.safetensors.index.json",
	.is = is_safetensors,
	.read = read_file,
	.alias = kept_for,
	.write = write_copy };
