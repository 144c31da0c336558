/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/write.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"

void file_put(FILE *to, const char *path, const void *bytes, size_t size)
{
	if (size && fwrite(bytes, size, 1, to) != 1)
		die_errno("cannot write %s", path);
}

FILE *file_create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");

	if (!to)
		die_errno("cannot create %s", path);
	return to;
}

void file_finish(FILE *to, const char *path)
{
	if (fflush(to) || fsync(fileno(to)) || fclose(to))
		die_errno("cannot write %s", path);
}

void file_write(const char *path, const void *bytes, size_t size)
{
	FILE *to = file_create(path);

	file_put(to, path, bytes, size);
	file_finish(to, path);
}

void file_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) || close(fd))
		die_errno("cannot write %s", path);
}

static void edit(struct edited *o, const struct tensor_edit *e)
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
	const struct edited *x = a, *y = b;
	const unsigned char *p = x->entry->tensor.data, *q = y->entry->tensor.data;

	return p != q ? (p > q) - (p < q) : (x->size > y->size) - (x->size < y->size);
}

struct edited *tensors_edited(
	const struct weight_file *f, const struct tensor_edit *edits, int count)
{
	struct edited *o = must_alloc(f->count, sizeof *o);
	size_t begin = 0;

	for (size_t i = 0; i < f->count; i++) {
		const struct entry *e = &f->entries[i];

		o[i] = (struct edited){ .entry = e, .size = e->size };
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
