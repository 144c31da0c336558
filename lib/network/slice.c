/* SPDX-License-Identifier: Apache-2.0 */
#include "network/slice.h"

#include <stdint.h>
#include <string.h>

#include "base/die.h"
#include "base/mapped.h"
#include "tensor/convert.h"
#include "tensor/vectorised.h"

#ifdef REAL_IS_DOUBLE
#define convert tensor_to_doubles
#else
#define convert tensor_to_floats
#endif

/* A tensor as rows of numbers; transposed, its columns are the rows. */
struct tensor_rows {
	struct tensor tensor;
	const struct weight *weight;
	long all, columns;
};

static const char *node_name(const struct network *net, int node)
{
	return net->graph->node[node].name;
}

/* A slice needs to know where rows begin; of a whole tensor only the number of elements counts. */
static void check_shape(const struct network *net, int node, const struct weight *w,
	const struct tensor *t, long columns)
{
	struct arena a = { 0 };
	bool fits = t->dimensions == 2	 ? t->shape[w->transposed ? 0 : 1] == columns
		    : t->dimensions == 1 ? columns == 1 && !w->transposed
					 : false;

	if (!fits)
		die("tensor '%s' is %s; node '%s' needs %s of %ld numbers", w->tensor,
			tensor_shape_text(t, &a), node_name(net, node),
			w->transposed ? "columns" : "rows", columns);
}

static struct tensor_rows find(
	const struct network *net, int node, const struct weight *w, long columns)
{
	struct tensor_rows x = { .weight = w, .columns = columns };

	if (!net->source.find(net->source.from, w->tensor, &x.tensor))
		die("the checkpoint has no tensor '%s', which node '%s' needs", w->tensor,
			node_name(net, node));
	if (weight_is_slice(w) || columns > 1)
		check_shape(net, node, w, &x.tensor, columns);
	x.all = (long)(x.tensor.count / (size_t)columns);
	return x;
}

/* The tensor has so many rows; where it is a slice, from its first row on. */
static struct tensor_rows find_rows(
	const struct network *net, int node, const struct weight *w, long rows, long columns)
{
	struct tensor_rows x = find(net, node, w, columns);
	size_t count = (size_t)rows * (size_t)columns;

	if (!w->rows && x.tensor.count != count)
		die("tensor '%s' has %zu elements; node '%s' needs %zu", w->tensor, x.tensor.count,
			node_name(net, node), count);
	if (weight_place(w, rows - 1) >= x.all)
		die("tensor '%s' has %ld %s; node '%s' needs those from %ld to %ld", w->tensor,
			x.all, w->transposed ? "columns" : "rows", node_name(net, node), w->first,
			weight_place(w, rows - 1));
	return x;
}

/* Do the rows lie one behind the other? */
static bool is_packed(const struct weight *w, long rows)
{
	return !w->transposed && (!w->block || rows == 1);
}

static void copy_rows(const struct tensor_rows *x, long row, long rows, char *to)
{
	size_t length = weights_size(x->tensor.type, (size_t)x->columns);
	const char *from = x->tensor.data;

	for (long r = 0; r < rows; r++)
		memcpy(to + (size_t)r * length,
			from + (size_t)weight_place(x->weight, row + r) * length, length);
}

static void copy_columns(const struct tensor_rows *x, long row, long rows, size_t element, char *to)
{
	const char *from = x->tensor.data;

	for (long c = 0; c < x->columns; c++)
		for (long r = 0; r < rows; r++)
			memcpy(to + (size_t)(r * x->columns + c) * element,
				from + (size_t)(c * x->all + weight_place(x->weight, row + r)) *
						element,
				element);
}

/* Of numbers in blocks whole rows of whole blocks can be taken; others are converted before. */
static struct tensor_rows unblocked(const struct tensor_rows *x, struct arena *a)
{
	struct tensor_rows y = *x;
	float *to = arena_array(a, x->tensor.count, sizeof *to);

	tensor_to_floats(&x->tensor, to);
	strcpy(y.tensor.type, "<f4");
	y.tensor.data = to;
	return y;
}

bool slice_is_turned(const struct network *net, int node, const struct weight *w, long columns)
{
	struct tensor_rows x = find(net, node, w, columns);

	return weights_blocked(x.tensor.type) && (w->transposed || columns % 32);
}

/* Some rows as they are stored, one behind the other: copied where they do not lie so. */
static struct tensor packed(const struct tensor_rows *all, long row, long rows, struct arena *a)
{
	struct tensor_rows x = *all;

	if (weights_blocked(x.tensor.type) && (x.weight->transposed || x.columns % 32))
		x = unblocked(all, a);
	struct tensor t = x.tensor;
	size_t columns = (size_t)x.columns;

	t.count = (size_t)rows * columns;
	if (is_packed(x.weight, rows)) { /* a block may begin anywhere in it */
		t.data = (const char *)t.data +
			 weights_size(t.type, (size_t)weight_place(x.weight, row) * columns);
		return t;
	}
	char *to = arena_array(a, weights_size(t.type, t.count), 1);
	if (x.weight->transposed)
		copy_columns(&x, row, rows, tensor_element(t.type), to);
	else
		copy_rows(&x, row, rows, to);
	t.data = to;
	return t;
}

VECTORISED
static bool all_finite(const real *x, size_t count)
{
	int wrong = 0;

	for (size_t i = 0; i < count; i++)
		wrong |= !(x[i] - x[i] == 0);
	return !wrong;
}

static void check_finite(const char *name, const real *x, size_t count)
{
	if (!all_finite(x, count))
		die("tensor '%s' has a NaN or an infinite value", name);
}

const real *slice_in_place(
	const struct network *net, int node, const struct weight *w, long rows, long columns)
{
	struct tensor_rows x = find_rows(net, node, w, rows, columns);

	if (!is_packed(w, rows) || strcmp(x.tensor.type, REAL_TYPE))
		return NULL;
	struct tensor t = packed(&x, 0, rows, NULL);
	if ((uintptr_t)t.data % sizeof(real))
		return NULL;
	check_finite(w->tensor, t.data, t.count);
	return t.data;
}

void slice_spare(
	const struct network *net, int node, const struct weight *w, long rows, long columns)
{
	struct tensor_rows x = find_rows(net, node, w, rows, columns);

	if (!is_packed(w, rows))
		return;
	struct tensor t = packed(&x, 0, rows, NULL);

	mapped_spare(t.data, weights_size(t.type, t.count));
}

real *slice_load(
	const struct network *net, int node, const struct weight *w, long rows, long columns)
{
	struct arena a = { 0 };
	struct tensor_rows x = find_rows(net, node, w, rows, columns);
	struct tensor t = packed(&x, 0, rows, &a);
	real *out = arena_array(net->arena, t.count, sizeof *out);

	convert(&t, out);
	arena_free(&a);
	check_finite(w->tensor, out, t.count);
	return out;
}

void slice_rows(const struct network *net, int node, const struct weight *w, long first, long count,
	long rows, long columns, real *out)
{
	struct arena a = { 0 };
	struct tensor_rows x = find_rows(net, node, w, rows, columns);
	struct tensor t = packed(&x, first, count, &a);

	convert(&t, out);
	arena_free(&a);
	check_finite(w->tensor, out, t.count);
}

bool slice_stored(const struct network *net, int node, const struct weight *w, long first,
	long count, long rows, long columns, struct tensor *stored)
{
	struct tensor_rows x = find_rows(net, node, w, rows, columns);

	if (!is_packed(w, rows))
		return false;
	*stored = packed(&x, first, count, NULL);
	return true;
}

void slice_row(const struct network *net, int node, const struct weight *w, long row, long columns,
	real *out)
{
	struct arena a = { 0 };
	struct tensor_rows x = find(net, node, w, columns);

	if (row < 0 || row >= (w->rows ? w->rows : x.all) || weight_place(w, row) >= x.all)
		die("tensor '%s' has no row %ld, which node '%s' needs", w->tensor, row,
			node_name(net, node));
	struct tensor t = packed(&x, row, 1, &a);
	convert(&t, out);
	arena_free(&a);
}
