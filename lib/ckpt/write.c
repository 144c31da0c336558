/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/write.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"

#define METADATA "__metadata__"
#define NOTE "lrpipe"

static void put(FILE *to, const char *path, const void *bytes, size_t size)
{
	if (size && fwrite(bytes, size, 1, to) != 1)
		die_errno("cannot write %s", path);
}

static FILE *create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");

	if (!to)
		die_errno("cannot create %s", path);
	return to;
}

static void finish(FILE *to, const char *path)
{
	if (fflush(to) || fsync(fileno(to)) || fclose(to))
		die_errno("cannot write %s", path);
}

void file_write(const char *path, const void *bytes, size_t size)
{
	FILE *to = create(path);

	put(to, path, bytes, size);
	finish(to, path);
}

void file_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) || close(fd))
		die_errno("cannot write %s", path);
}

/* A tensor as it will be: shape and bytes. */
struct new_entry {
	const struct safetensors_entry *entry;
	long shape[TENSOR_DIMENSIONS];
	size_t size, begin;
	unsigned char *own; /* edited bytes; NULL: those of the file */
};

static void edit(struct new_entry *o, const struct tensor_edit *e)
{
	const struct tensor *t = &o->entry->tensor;
	int axis = e->columns;
	size_t element = t->count ? o->entry->size / t->count : 0, kept = 0;
	const unsigned char *from = t->data;

	if (t->dimensions <= axis || t->shape[axis] != e->length)
		die("tensor '%s' has not %ld %s", e->tensor, e->length, axis ? "columns" : "rows");
	long length = t->shape[axis], outer = axis ? t->shape[0] : 1;
	size_t inner = element;
	for (int d = axis + 1; d < t->dimensions; d++)
		inner *= (size_t)t->shape[d];
	o->own = must_alloc(o->size + 1, 1);
	for (long i = 0; i < outer * length; i++, from += inner) {
		bool hit = e->which[i % length];

		if (hit && e->cut)
			continue;
		if (hit)
			memset(o->own + kept, 0, inner);
		else
			memcpy(o->own + kept, from, inner);
		kept += inner;
	}
	o->shape[axis] = 0;
	for (long i = 0; i < length; i++)
		o->shape[axis] += !(e->which[i] && e->cut);
	o->size = kept;
}

static int by_place(const void *a, const void *b)
{
	const struct new_entry *x = a, *y = b;
	const unsigned char *p = x->entry->tensor.data, *q = y->entry->tensor.data;

	return p != q ? (p > q) - (p < q) : (x->size > y->size) - (x->size < y->size);
}

/* The file's tensors in the order of their bytes, edited. */
static struct new_entry *outputs(
	const struct safetensors *f, const struct tensor_edit *edits, int count)
{
	struct new_entry *o = must_alloc(f->count, sizeof *o);
	size_t begin = 0;

	for (size_t i = 0; i < f->count; i++) {
		const struct safetensors_entry *e = &f->entries[i];

		o[i] = (struct new_entry){ .entry = e, .size = e->size };
		memcpy(o[i].shape, e->tensor.shape, sizeof o[i].shape);
	}
	qsort(o, f->count, sizeof *o, by_place);
	for (size_t i = 0; i < f->count; i++) {
		for (int k = 0; k < count; k++)
			if (strcmp(edits[k].tensor, o[i].entry->name) == 0)
				edit(&o[i], &edits[k]);
		o[i].begin = begin;
		begin += o[i].size;
	}
	return o;
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
	const struct safetensors *f, const struct new_entry *o, const char *note, size_t *size)
{
	json_error_t error;
	json_t *header = json_loadb(f->header, f->header_size, 0, &error);

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

void safetensors_write(const struct safetensors *f, const struct tensor_edit *edits, int count,
	const char *note, const char *path)
{
	struct new_entry *o = outputs(f, edits, count);
	size_t size;
	char *header = make_header(f, o, note, &size);
	uint64_t padded = (size + 7) / 8 * 8;
	FILE *to = create(path);

	put(to, path, &padded, sizeof padded);
	put(to, path, header, size);
	put(to, path, "        ", (size_t)padded - size);
	for (size_t i = 0; i < f->count; i++)
		put(to, path, o[i].own ? o[i].own : o[i].entry->tensor.data, o[i].size);
	finish(to, path);
	for (size_t i = 0; i < f->count; i++)
		free(o[i].own);
	free(o);
	free(header);
}
