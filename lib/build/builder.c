/* SPDX-License-Identifier: Apache-2.0 */
#include "build/builder.h"

#include <string.h>

#include "base/die.h"
#include "build/prefix.h"

enum { MAX_NODES = 1 << 16 };

int build_append(struct builder *b, struct node n)
{
	if (!b->g->node)
		b->g->node = must_alloc(MAX_NODES, sizeof *b->g->node);
	if (b->g->nodes == MAX_NODES)
		die("config.json: more than %d nodes", MAX_NODES);
	b->g->node[b->g->nodes] = n;
	return b->g->nodes++;
}

void *build_keep(struct builder *b, const void *set, size_t size)
{
	return memcpy(arena_alloc(b->arena, size), set, size);
}

const char *build_join(struct builder *b, const char *prefix, const char *name)
{
	return arena_printf(b->arena, "%s.%s", prefix, name);
}

void build_expect(const struct builder *b, const char *tensor, long rows, long columns)
{
	struct tensor t = checkpoint_tensor(b->checkpoint, tensor);

	if (t.dimensions == (columns ? 2 : 1) && t.shape[0] == rows &&
		(!columns || t.shape[1] == columns))
		return;
	die("tensor '%s' is %s; config.json asks for %s", tensor, tensor_shape_text(&t, b->arena),
		columns ? arena_printf(b->arena, "[%ld, %ld]", rows, columns)
			: arena_printf(b->arena, "[%ld]", rows));
}

/* The bias of a matrix, where the checkpoint has one. */
static struct weight bias_of(struct builder *b, long width, const struct matrix *s)
{
	struct weight w = s->slice;

	w.transposed = false;
	w.tensor = build_join(b, w.tensor, "bias");
	if (!checkpoint_has(b->checkpoint, w.tensor))
		return (struct weight){ .tensor = NULL };
	build_expect(b, w.tensor, s->all ? s->all : width, 0);
	return w;
}

static struct weight weight_of(struct builder *b, long in, long width, const struct matrix *s)
{
	struct weight w = s->slice;
	long rows = s->all ? s->all : width;

	w.tensor = build_join(b, w.tensor, "weight");
	build_expect(b, w.tensor, w.transposed ? in : rows, w.transposed ? rows : in);
	return w;
}

int build_linear(struct builder *b, const char *name, int in, long width, struct matrix s)
{
	const struct node *from = &b->g->node[in];

	return build_append(b, (struct node){ .name = name,
				       .kind = &kind_linear,
				       .inputs = 1,
				       .input = { in },
				       .side = from->side,
				       .width = (int)width,
				       .weight = weight_of(b, from->width, width, &s),
				       .bias = bias_of(b, width, &s),
				       .set = KEEP(b, dense, .cap = 0) });
}

int build_activation(struct builder *b, const char *name, int in, int function)
{
	const struct node *from = &b->g->node[in];

	return build_append(b, (struct node){ .name = name,
				       .kind = &kind_activation,
				       .inputs = 1,
				       .input = { in },
				       .side = from->side,
				       .width = from->width,
				       .set = KEEP(b, activation, .function = function) });
}

/* A norm's tensor, which files of old have under another name. */
static struct weight norm_tensor(
	struct builder *b, const char *norm, const char *name, const char *old, long width)
{
	struct weight w = { .tensor = build_join(b, norm, old) };

	if (!checkpoint_has(b->checkpoint, w.tensor))
		w.tensor = build_join(b, norm, name);
	build_expect(b, w.tensor, width, 0);
	return w;
}

/* Its bias, where the checkpoint has one. */
static struct weight norm_bias(struct builder *b, const char *norm, long width)
{
	if (!checkpoint_has(b->checkpoint, build_join(b, norm, "bias")) &&
		!checkpoint_has(b->checkpoint, build_join(b, norm, "beta")))
		return (struct weight){ .tensor = NULL };
	return norm_tensor(b, norm, "bias", "beta", width);
}

static int root_mean_square(
	struct builder *b, const char *name, int in, const char *norm, int heads)
{
	const struct node *from = &b->g->node[in];

	return build_append(b, (struct node){ .name = name,
				       .kind = &kind_rms,
				       .inputs = 1,
				       .input = { in },
				       .side = from->side,
				       .width = from->width,
				       .weight = norm_tensor(b, norm, "weight", "gamma",
					       from->width / (heads ? heads : 1)),
				       .set = KEEP(b, root_mean_square, .eps = b->shape->eps,
					       .heads = heads, .one = b->shape->gain_one) });
}

int build_head_norm(struct builder *b, const char *name, int in, const char *tensor, int heads)
{
	return root_mean_square(b, name, in, prefix_name(b->shape, tensor), heads);
}

int build_norm(struct builder *b, const char *name, int in, const char *tensor)
{
	const struct node *from = &b->g->node[in];
	const char *norm = prefix_name(b->shape, tensor);

	if (b->shape->root_mean_square)
		return root_mean_square(b, name, in, norm, 0);

	return build_append(
		b, (struct node){ .name = name,
			   .kind = &kind_norm,
			   .inputs = 1,
			   .input = { in },
			   .side = from->side,
			   .width = from->width,
			   .weight = norm_tensor(b, norm, "weight", "gamma", from->width),
			   .bias = norm_bias(b, norm, from->width),
			   .set = KEEP(b, normalisation, .eps = b->shape->eps) });
}

int build_scale(struct builder *b, const char *name, int in, double factor)
{
	const struct node *from = &b->g->node[in];

	return build_append(b, (struct node){ .name = name,
				       .kind = &kind_scale,
				       .inputs = 1,
				       .input = { in },
				       .side = from->side,
				       .width = from->width,
				       .set = KEEP(b, factor, .factor = factor) });
}

int build_multiply(struct builder *b, const char *name, int gate, int x)
{
	const struct node *from = &b->g->node[x];

	return build_append(b, (struct node){ .name = name,
				       .kind = &kind_multiply,
				       .inputs = 2,
				       .input = { gate, x },
				       .side = from->side,
				       .width = from->width });
}

int build_sum(struct builder *b, const char *name, const int *terms, int count)
{
	struct node n = { .name = name,
		.kind = &kind_add,
		.inputs = count,
		.side = b->side,
		.width = b->g->node[terms[0]].width };

	memcpy(n.input, terms, (size_t)count * sizeof *terms);
	return build_append(b, n);
}

int build_add(struct builder *b, const char *name, int x, int y)
{
	return build_sum(b, name, (int[]){ x, y }, 2);
}
