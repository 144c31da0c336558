/* SPDX-License-Identifier: Apache-2.0 */
#include "save/edited.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "tensor/convert.h"

const void *edited_bytes(struct edited *o)
{
	if (o->own)
		return o->own;

	struct tensor t = entry_tensor(o->entry);

	if (!weights_blocked(t.type))
		return t.data;
	float *numbers = must_alloc(t.count + 1, sizeof *numbers);

	tensor_to_floats(&t, numbers);
	o->own = (unsigned char *)numbers;
	return numbers;
}

void edited_done(struct edited *o)
{
	free(o->own);
	o->own = NULL;
}

static void edit(struct edited *o, const struct tensor_edit *e)
{
	const struct tensor *t = &o->entry->tensor;
	int axis = e->columns;
	size_t element = t->count ? o->size / t->count : 0, kept = 0;
	const unsigned char *bytes = edited_bytes(o), *from = bytes;
	unsigned char *converted = o->own;

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
	free(converted);
}

static int by_place(const void *a, const void *b)
{
	const struct edited *x = a, *y = b;
	const unsigned char *p = x->entry->tensor.data, *q = y->entry->tensor.data;

	return p != q ? (p > q) - (p < q) : (x->size > y->size) - (x->size < y->size);
}

/* Of types that we compute with, what they are made of; of others what the file has. */
static void begin(struct edited *o, const struct entry *e)
{
	const struct tensor *t = &e->tensor;

	*o = (struct edited){ .entry = e, .type = t->type, .size = e->size };
	if (weights_blocked(t->type))
		o->type = "<f4";
	if (*t->type)
		o->size = weights_size(o->type, t->count);
	memcpy(o->shape, t->shape, sizeof o->shape);
}

static size_t element_size(const struct edited *o)
{
	return o->entry->tensor.count ? o->size / o->entry->tensor.count : 0;
}

static int by_element(const void *a, const void *b)
{
	const struct edited *x = a, *y = b;
	size_t p = element_size(x), q = element_size(y);

	return p != q ? (p < q) - (p > q) : strcmp(x->entry->name, y->entry->name);
}

struct edited *tensors_edited(
	const struct weight_file *f, const struct tensor_edit *edits, int count)
{
	struct edited *o = must_alloc(f->count, sizeof *o);
	size_t end = 0;

	for (size_t i = 0; i < f->count; i++)
		begin(&o[i], &f->entries[i]);
	qsort(o, f->count, sizeof *o, f->format == &format_safetensors ? by_place : by_element);
	for (size_t i = 0; i < f->count; i++) {
		for (int k = 0; k < count; k++)
			if (strcmp(edits[k].tensor, o[i].entry->name) == 0)
				edit(&o[i], &edits[k]);
		o[i].begin = end;
		end += o[i].size;
	}
	return o;
}
