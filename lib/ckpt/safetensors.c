/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/safetensors.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/mapped.h"
#include "ckpt/json.h"
#include "ckpt/pointer.h"

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

static void map_file(struct safetensors *f, uint64_t *header_size)
{
	const char *bytes = mapped_open(f->path, &f->size);

	if (f->size < LENGTH_SIZE + 2)
		die("%s: not a safetensors file: %zu bytes", f->path, f->size);
	memcpy(header_size, bytes, LENGTH_SIZE);
	f->header = bytes + LENGTH_SIZE;
}

static void read_shape(
	const struct safetensors *f, struct safetensors_entry *e, const json_t *shape)
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
static void read_offsets(const struct safetensors *f, struct safetensors_entry *e,
	const json_t *offsets, size_t element)
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

static void check_name(const struct safetensors *f, const char *name)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			die("%s: tensor '%s': control character in its name", f->path, name);
}

static void read_entry(const struct safetensors *f, struct safetensors_entry *e, const char *name,
	const json_t *value)
{
	const json_t *dtype = json_object_get(value, "dtype");
	const struct dtype *d;

	check_name(f, name);
	if (!json_is_string(dtype))
		die("%s: tensor '%s': 'dtype' must be a string", f->path, name);
	e->name = name;
	e->file = f;
	e->dtype = json_string_value(dtype);
	check_name(f, e->dtype);
	d = find_dtype(e->dtype);
	strcpy(e->tensor.type, d->type);
	read_shape(f, e, json_object_get(value, "shape"));
	read_offsets(f, e, json_object_get(value, "data_offsets"), d->size);
}

static void read_entries(struct safetensors *f, const json_t *header)
{
	const char *name;
	json_t *value;

	f->entries = must_alloc(json_object_size(header), sizeof *f->entries);
	f->metadata = json_object_get(header, "__metadata__");
	json_object_foreach((json_t *)header, name, value) if (strcmp(name, "__metadata__"))
		read_entry(f, &f->entries[f->count++], name, value);
}

const struct safetensors *safetensors_open(const char *path)
{
	struct safetensors *f = must_alloc(1, sizeof *f);
	const char *slash = strrchr(path, '/');
	uint64_t header_size;

	f->path = path;
	f->name = slash ? slash + 1 : path;
	pointer_check(path);
	map_file(f, &header_size);
	if (header_size > f->size - LENGTH_SIZE)
		die("%s: not a safetensors file, or cut off: a header of %llu bytes in a file of "
		    "%zu",
			path, (unsigned long long)header_size, f->size);
	if (header_size > MAX_HEADER)
		die("%s: its header has %llu bytes, more than %d", path,
			(unsigned long long)header_size, MAX_HEADER);
	f->header_size = (size_t)header_size;
	f->data = (const unsigned char *)f->header + header_size;
	f->data_size = f->size - LENGTH_SIZE - f->header_size;
	read_entries(f, json_file_parse(path, f->header, f->header_size).object);
	return f;
}
