/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/torch_tensor.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "ckpt/dtype.h"

/*
 * A tensor in a pickle is a call of a function of torch/_utils.py:
 *
 *   _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])
 *   _rebuild_tensor_v3(the same, dtype[, metadata])   a storage without type
 *   _rebuild_parameter(tensor, requires_grad, hooks[, state])
 *   _rebuild_from_type_v2(function, type, arguments, state)   one with attributes of its own
 *
 * where the storage is ('storage', class, key, device, elements), kept outside. So it is a window in
 * the storage, counted in elements; several tensors may share one.
 */
#define UTILS "torch._utils."

/* The copies of tensors in another order may be larger than the file by so much. */
enum { SPARE = 16 << 20 };

/* Types of numbers: the class of a storage, the name in newer calls, our dtype. */
static const struct torch_type {
	const char *storage, *name, *dtype;
} number_types[] = { { "FloatStorage", "torch.float32", "F32" },
	{ "HalfStorage", "torch.float16", "F16" }, { "BFloat16Storage", "torch.bfloat16", "BF16" },
	{ "DoubleStorage", "torch.float64", "F64" }, { "LongStorage", "torch.int64", "I64" },
	{ "IntStorage", "torch.int32", "I32" }, { "ShortStorage", "torch.int16", "I16" },
	{ "CharStorage", "torch.int8", "I8" }, { "ByteStorage", "torch.uint8", "U8" },
	{ "BoolStorage", "torch.bool", "BOOL" },
	{ "ComplexFloatStorage", "torch.complex64", "C64" }, { "UntypedStorage", NULL, "U8" },
	{ NULL, "torch.uint16", "U16" }, { NULL, "torch.uint32", "U32" },
	{ NULL, "torch.uint64", "U64" }, { NULL, "torch.float8_e4m3fn", "F8_E4M3" },
	{ NULL, "torch.float8_e5m2", "F8_E5M2" }, { NULL, "torch.float8_e4m3fnuz", "F8_E4M3FNUZ" },
	{ NULL, "torch.float8_e5m2fnuz", "F8_E5M2FNUZ" },
	{ NULL, "torch.float8_e8m0fnu", "F8_E8M0" }, { NULL, NULL, NULL } };

/* Behind the module, which was called otherwise in other versions. */
static const char *storage_class(const char *name)
{
	static const char *const modules[] = { "torch.storage.", "torch.cuda.", "torch.", NULL };

	for (int i = 0; modules[i]; i++)
		if (strncmp(name, modules[i], strlen(modules[i])) == 0)
			return name + strlen(modules[i]);
	return "";
}

/* The dtype that a name stands for: of a storage's class, or of torch.dtype; NULL: none. */
static const struct dtype *dtype_named(const char *name)
{
	const char *storage = storage_class(name);

	for (const struct torch_type *t = number_types; t->dtype; t++)
		if ((t->storage && strcmp(t->storage, storage) == 0) ||
			(t->name && strcmp(t->name, name) == 0))
			return dtype_find(t->dtype);
	return NULL;
}

bool torch_known(const char *name)
{
	static const char *const names[] = { "collections.OrderedDict", "torch.Tensor",
		"torch.nn.parameter.Parameter", UTILS "_rebuild_tensor_v2",
		UTILS "_rebuild_tensor_v3", UTILS "_rebuild_parameter",
		UTILS "_rebuild_parameter_with_state", "torch._tensor._rebuild_from_type_v2",
		NULL };

	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return dtype_named(name) != NULL;
}

/* A call: its function, and arguments. */
struct call {
	const char *function;
	const struct pickled *const *with;
	size_t count;
};

static struct call call_of(const struct pickled *v)
{
	static const struct call none = { "", NULL, 0 };

	if (v->kind != PICKLED_CALL)
		return none;
	return (struct call){ v->items[0]->text, v->items[1]->items, v->items[1]->count };
}

static bool calls(const struct call *c, const char *function, size_t least)
{
	return strcmp(c->function, function) == 0 && c->count >= least;
}

/* The call that makes the window, within those that say what else the tensor is. */
static struct call tensor_call(const struct pickled *v)
{
	struct call c = call_of(v);

	if (calls(&c, "torch._tensor._rebuild_from_type_v2", 3) &&
		c.with[0]->kind == PICKLED_NAME && c.with[2]->kind == PICKLED_TUPLE)
		c = (struct call){ c.with[0]->text, c.with[2]->items, c.with[2]->count };
	if (calls(&c, UTILS "_rebuild_parameter", 1) ||
		calls(&c, UTILS "_rebuild_parameter_with_state", 1))
		c = call_of(c.with[0]);
	return c;
}

bool torch_is_tensor(const struct pickled *v)
{
	struct call c = tensor_call(v);

	if (v->built)
		return false;
	return calls(&c, UTILS "_rebuild_tensor_v2", 6) || calls(&c, UTILS "_rebuild_tensor_v3", 7);
}

/* A window in a storage, in elements. */
struct window {
	const unsigned char *storage;
	size_t size, element; /* bytes of the storage, and of an element */
	long offset, stride[TENSOR_DIMENSIONS];
};

static bool is_text(const struct pickled *v, const char *text)
{
	return v->kind == PICKLED_TEXT && (!text || strcmp(v->text, text) == 0);
}

/* The storage's bytes, and what it says of their type. */
static const struct dtype *find_storage(
	struct storages *s, const struct entry *e, const struct pickled *v, struct window *w)
{
	const struct pickled *id = v->kind == PICKLED_OUTSIDE ? v->items[0] : v;
	const struct dtype *d = NULL;
	char name[256];

	if (id != v && id->kind == PICKLED_TUPLE && id->count == 5 &&
		is_text(id->items[0], "storage") && id->items[1]->kind == PICKLED_NAME &&
		is_text(id->items[2], NULL) && id->items[4]->kind == PICKLED_INT)
		d = dtype_named(id->items[1]->text);
	if (!d)
		die("%s: tensor '%s': not in a storage as torch.save describes it", s->f->path,
			e->name);
	const char *key = id->items[2]->text;
	long elements = id->items[4]->number;
	bool fits = snprintf(name, sizeof name, "data/%s", key) < (int)sizeof name;

	w->storage = fits ? archive_find(s->archive, name, &w->size) : NULL;
	if (!w->storage)
		die("%s: tensor '%s': its storage 'data/%s' is missing", s->f->path, e->name, key);
	if (elements < 0 || (size_t)elements > w->size / (d->bits / 8))
		die("%s: tensor '%s': its storage 'data/%s' has %zu bytes, fewer than %ld elements of "
		    "%s",
			s->f->path, e->name, key, w->size, elements, d->name);
	w->size = (size_t)elements * (d->bits / 8);
	return d;
}

static long whole(const struct storages *s, const struct entry *e, const struct pickled *v)
{
	if (v->kind != PICKLED_INT || v->number < 0)
		die("%s: tensor '%s': its offset, sizes and strides must be whole numbers, not "
		    "negative",
			s->f->path, e->name);
	return v->number;
}

static void read_shape(const struct storages *s, struct entry *e, const struct pickled *size,
	const struct pickled *stride, struct window *w)
{
	struct tensor *t = &e->tensor;

	if (size->kind != PICKLED_TUPLE || stride->kind != PICKLED_TUPLE ||
		size->count != stride->count || size->count > TENSOR_DIMENSIONS)
		die("%s: tensor '%s': it must have at most %d sizes, and as many strides",
			s->f->path, e->name, TENSOR_DIMENSIONS);
	t->dimensions = (int)size->count;
	t->count = 1;
	for (int i = 0; i < t->dimensions; i++) {
		t->shape[i] = whole(s, e, size->items[i]);
		w->stride[i] = whole(s, e, stride->items[i]);
		if (t->shape[i] && t->count > SIZE_MAX / 16 / (size_t)t->shape[i])
			die("%s: tensor '%s': its shape is too large", s->f->path, e->name);
		t->count *= (size_t)t->shape[i];
	}
	e->size = t->count * w->element;
}

/* The last element that the window shows must be in the storage. */
static void check_window(const struct storages *s, const struct entry *e, const struct window *w)
{
	size_t room = w->size / w->element, last = (size_t)w->offset;
	bool inside = last < room;

	for (int i = 0; i < e->tensor.dimensions && inside; i++) {
		size_t steps = (size_t)e->tensor.shape[i] - 1, stride = (size_t)w->stride[i];

		inside = !steps || stride <= (room - 1 - last) / steps;
		if (inside)
			last += steps * stride;
	}
	if (!inside)
		die("%s: tensor '%s': its elements are not inside its storage of %zu", s->f->path,
			e->name, room);
}

static bool in_order(const struct tensor *t, const struct window *w)
{
	long next = 1;

	for (int i = t->dimensions; i--;) {
		if (t->shape[i] != 1 && w->stride[i] != next)
			return false;
		next *= t->shape[i];
	}
	return true;
}

/* The elements in the order of the shape. */
static void *copy_in_order(struct storages *s, const struct entry *e, const struct window *w)
{
	const struct tensor *t = &e->tensor;
	unsigned char *copy, *to;
	long at[TENSOR_DIMENSIONS] = { 0 };
	size_t place = (size_t)w->offset;

	if (e->size > s->f->size + SPARE - s->copied)
		die("%s: tensor '%s': its strides repeat elements, or many tensors share them: more "
		    "bytes than the file has; save it anew with .contiguous()",
			s->f->path, e->name);
	s->copied += e->size;
	copy = to = must_alloc(t->count, w->element);
	for (size_t n = 0; n < t->count; n++, to += w->element) {
		memcpy(to, w->storage + place * w->element, w->element);
		for (int i = t->dimensions; i--;) {
			place += (size_t)w->stride[i];
			if (++at[i] < t->shape[i])
				break;
			place -= (size_t)(w->stride[i] * t->shape[i]);
			at[i] = 0;
		}
	}
	return copy;
}

static void use_storage(struct storages *s, const struct window *w)
{
	const unsigned char *end = w->storage + w->size;

	s->begin = s->begin && s->begin < w->storage ? s->begin : w->storage;
	s->end = s->end && s->end > end ? s->end : end;
}

void torch_tensor(struct storages *s, struct entry *e, const struct pickled *v)
{
	struct call c = tensor_call(v);
	struct window w;
	const struct dtype *d = find_storage(s, e, c.with[0], &w);
	size_t known = 6;

	if (strcmp(c.function, UTILS "_rebuild_tensor_v3") == 0) {
		const struct pickled *dtype = c.with[known++];

		d = dtype->kind == PICKLED_NAME ? dtype_named(dtype->text) : NULL;
		if (!d)
			die("%s: tensor '%s': its dtype is not known", s->f->path, e->name);
	}
	if (c.count > known &&
		!(c.with[known]->kind == PICKLED_NONE ||
			(c.with[known]->kind == PICKLED_DICT && !c.with[known]->count)))
		die("%s: tensor '%s': its numbers are to be conjugated or negated; save it anew with "
		    ".resolve_conj().resolve_neg()",
			s->f->path, e->name);
	e->dtype = d->name;
	strcpy(e->tensor.type, d->type);
	w.element = d->bits / 8;
	w.offset = whole(s, e, c.with[1]);
	read_shape(s, e, c.with[2], c.with[3], &w);
	use_storage(s, &w);
	if (!e->tensor.count) {
		e->tensor.data = w.storage;
		return;
	}
	check_window(s, e, &w);
	e->tensor.data = in_order(&e->tensor, &w) ? w.storage + (size_t)w.offset * w.element
						  : copy_in_order(s, e, &w);
}
