/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/format.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "ckpt/dtype.h"
#include "pack/json.h"

/*
 * The safetensors format:
 *
 *   8 bytes   length of the header, little-endian
 *   header    JSON: {"name": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}, ...}
 *   data      the offsets count from here
 */

#define METADATA "__metadata__" /* texts by name, among the header's tensors */

enum { LENGTH_SIZE = 8, MAX_HEADER = 100 * 1000 * 1000 };

/* 3.0 is no size, for the format's own library. */
static bool size_of(const json_t *value, long *size)
{
	*size = (long)json_integer_value(value);
	return json_is_integer(value) && *size >= 0;
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

		if (!size_of(json_array_get(shape, i), &size))
			die("%s: tensor '%s': bad size in 'shape'", f->path, e->name);
		if (size && t->count > SIZE_MAX / 16 / (size_t)size)
			die("%s: tensor '%s': its shape is too large", f->path, e->name);
		t->shape[i] = size;
		t->count *= (size_t)size;
	}
}

/* Where the data lies; it must be inside the file and as large as shape and type say. */
static void read_offsets(
	const struct weight_file *f, struct entry *e, const json_t *offsets, size_t bits)
{
	long begin, end;

	if (json_array_size(offsets) != 2 || !size_of(json_array_get(offsets, 0), &begin) ||
		!size_of(json_array_get(offsets, 1), &end))
		die("%s: tensor '%s': 'data_offsets' must be two whole numbers", f->path, e->name);
	if (end < begin || (size_t)end > f->data_size)
		die("%s: tensor '%s': its data, bytes %ld to %ld, is not inside the file's %zu",
			f->path, e->name, begin, end, f->data_size);
	if (e->tensor.count % 8 * bits % 8)
		die("%s: tensor '%s': its shape does not fill its last byte", f->path, e->name);
	e->size = e->tensor.count / 8 * bits + e->tensor.count % 8 * bits / 8;
	if ((size_t)(end - begin) != e->size)
		die("%s: tensor '%s': its shape needs %zu bytes, 'data_offsets' give %ld", f->path,
			e->name, e->size, end - begin);
	e->tensor.data = f->data + begin;
}

static void read_entry(
	const struct weight_file *f, struct entry *e, const char *name, const json_t *value)
{
	const json_t *dtype = json_object_get(value, "dtype");

	if (!json_is_string(dtype))
		die("%s: tensor '%s': 'dtype' must be a string", f->path, name);
	e->name = name;
	e->dtype = json_string_value(dtype);
	const struct dtype *d = dtype_find(e->dtype);

	if (!d)
		die("%s: tensor '%s': its dtype '%s' is not known", f->path, name, e->dtype);
	strcpy(e->tensor.type, d->type);
	read_shape(f, e, json_object_get(value, "shape"));
	read_offsets(f, e, json_object_get(value, "data_offsets"), d->bits);
}

static int by_place(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;
	const unsigned char *p = (*x)->tensor.data, *q = (*y)->tensor.data;

	return p != q ? (p > q) - (p < q) : ((*x)->size > (*y)->size) - ((*x)->size < (*y)->size);
}

/* Each tensor's data begins where that of the one before it ends, and the last ends with the file. */
static void check_places(const struct weight_file *f)
{
	const struct entry **e = must_alloc(f->count, sizeof *e);
	const unsigned char *end = f->data;

	for (size_t i = 0; i < f->count; i++)
		e[i] = &f->entries[i];
	qsort(e, f->count, sizeof *e, by_place);
	for (size_t i = 0; i < f->count; i++) {
		if (e[i]->tensor.data != end)
			die("%s: tensor '%s': its data begins at byte %td, that of the one before it "
			    "ends at %td",
				f->path, e[i]->name,
				(const unsigned char *)e[i]->tensor.data - f->data, end - f->data);
		end += e[i]->size;
	}
	if (end != f->data + f->data_size)
		die("%s: its tensors have %td bytes, the file has %zu for them", f->path,
			end - f->data, f->data_size);
	free(e);
}

/* Texts by names, or nothing. */
static void check_metadata(const struct weight_file *f, const json_t *metadata)
{
	const char *name;
	json_t *value;

	if (metadata && !json_is_object(metadata) && !json_is_null(metadata))
		die("%s: " METADATA " is not an object", f->path);
	json_object_foreach((json_t *)metadata, name, value) if (!json_is_string(value))
		die("%s: " METADATA ": '%s' is not a string", f->path, name);
}

/* The verdict on a file is that of the safetensors library; besides, names that come twice or have
 * control characters, and more than TENSOR_DIMENSIONS sizes are refused. */
static void read_entries(struct weight_file *f, const json_t *header)
{
	const char *name;
	json_t *value;

	f->entries = must_alloc(json_object_size(header), sizeof *f->entries);
	f->own = json_object_get(header, METADATA);
	check_metadata(f, f->own);
	json_object_foreach((json_t *)header, name, value) if (strcmp(name, METADATA))
		read_entry(f, &f->entries[f->count++], name, value);
	check_places(f);
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

const struct format format_safetensors = { .single = "model.safetensors",
	.index = "model.safetensors.index.json",
	.is = is_safetensors,
	.read = read_file,
	.alias = kept_for };
