/* SPDX-License-Identifier: Apache-2.0 */
#include "build/build.h"

#include <math.h>

#include "base/die.h"
#include "build/builder.h"
#include "build/prefix.h"
#include "build/tables.h"
#include "build/unused.h"

static const struct stack *stack_of(const struct builder *b)
{
	return &b->shape->family->stack[b->stack];
}

/* "enc", "dec": where the names of a stack's nodes begin. */
static const char *stack_name(const struct builder *b)
{
	return b->stack == ENC ? "enc" : "dec";
}

static int feed_forward(struct builder *b, const struct sublayer *p, const char *block, int x)
{
	bool ungated = p->in_ungated && !b->shape->gated;
	const char *name = ungated ? p->in_ungated : p->in;
	struct matrix into = { .slice = { .tensor = build_join(b, b->weights, name),
				       .transposed = p->transposed } };
	struct matrix out = { .slice = { .tensor = build_join(b, b->weights, p->out),
				      .transposed = p->transposed } };
	long inner = b->shape->inner[b->stack];
	bool gated = !ungated && (p->gate || p->gated_in);
	struct matrix gate = into;

	if (p->gated_in) {
		into.all = gate.all = 2 * inner;
		into.slice.first = into.slice.rows = gate.slice.rows = inner;
	} else if (gated) {
		gate.slice.tensor = build_join(b, b->weights, p->gate);
	}
	int in = build_linear(b, build_join(b, block, "in"), x, inner, into), act = in;

	if (gated)
		act = build_linear(b, build_join(b, block, "gate"), x, inner, gate);
	act = build_activation(b, build_join(b, block, "act"), act, b->shape->activation);
	if (gated)
		act = build_multiply(b, build_join(b, block, "gated"), act, in);

	return build_linear(b, build_join(b, block, "out"), act, b->shape->width, out);
}

static const char *block_name(struct builder *b, const struct sublayer *p)
{
	static const char *const names[] = { [SELF] = "self", [CROSS] = "cross", [FEED] = "ffn" };

	return build_join(b, b->nodes, names[p->what]);
}

/* What a block adds to x: its norms, where they are not behind the sum, and what it computes. */
static int branch(struct builder *b, const struct sublayer *p, int x)
{
	const char *block = block_name(b, p);
	int out;

	if (b->shape->norm_in_front && p->norm)
		x = build_norm(
			b, build_join(b, block, "norm"), x, build_join(b, b->weights, p->norm));
	if (p->what == FEED)
		out = feed_forward(b, p, block, x);
	else
		out = build_attention(b, p, block, x, p->what == CROSS ? b->memory : x);
	if (p->norm_out)
		out = build_norm(b, build_join(b, block, "norm.out"), out,
			build_join(b, b->weights, p->norm_out));
	return out;
}

/* The residual block around a sublayer. */
static int residual(struct builder *b, const struct sublayer *p, int x)
{
	const char *block = block_name(b, p);
	int out = build_add(b, build_join(b, block, "add"), x, branch(b, p, x));

	if (b->shape->norm_in_front || !p->norm)
		return out;
	return build_norm(b, build_join(b, block, "norm"), out, build_join(b, b->weights, p->norm));
}

/* A layer whose blocks read the same: one sum of all. */
static int parallel(struct builder *b, const struct sublayer *p, int x)
{
	int terms[MAX_INPUTS] = { x }, count = 1;

	for (; p->what; p++)
		terms[count++] = branch(b, p, x);
	return build_sum(b, build_join(b, b->nodes, "add"), terms, count);
}

/* The number of the first position. */
static long first_position(const struct shape *s)
{
	if (s->behind_pad && s->pad < 0)
		die("%s: positions are counted from the padding token on; 'pad_token_id' is missing",
			s->file.path);
	return s->behind_pad ? s->pad + 1 : s->first_position;
}

/* The table of positions, or the part of it that is read; or none: then they are computed. */
static struct weight positions_of(struct builder *b)
{
	const struct shape *s = b->shape;
	const char *table = stack_of(b)->positions;
	struct weight w = { .first = first_position(s) };

	if (!table)
		return (struct weight){ .tensor = NULL };
	w.tensor = build_join(b, prefix_name(s, table), "weight");
	if (!checkpoint_has(b->checkpoint, w.tensor)) {
		if (!s->sinusoids)
			die("the checkpoint has no tensor '%s', and config.json does not have positions "
			    "computed",
				w.tensor);
		return (struct weight){ .tensor = NULL };
	}
	struct tensor t = checkpoint_tensor(b->checkpoint, w.tensor);
	if (t.dimensions != 2 || t.shape[0] < w.first + s->positions || t.shape[1] != s->width)
		die("tensor '%s' is %s; config.json asks for [%ld, %ld]", w.tensor,
			tensor_shape_text(&t, b->arena), w.first + s->positions, s->width);
	w.rows = w.first ? s->positions : 0;
	return w;
}

static int positions(struct builder *b, const char *side)
{
	struct node n = { .name = build_join(b, side, "position"),
		.kind = &kind_embed,
		.side = b->side,
		.width = (int)b->shape->width,
		.weight = positions_of(b) };
	bool computed = !n.weight.tensor;

	n.set = KEEP(b, embedding, .positions = true, .scale = 1,
		.first = computed ? (int)first_position(b->shape) : 0,
		.inclusive = computed && b->shape->inclusive);
	return build_append(b, n);
}

/* All tokens are of the first type. */
static int types(struct builder *b, const char *side)
{
	const struct shape *s = b->shape;
	struct weight w = { .tensor = build_join(b, prefix_name(s, stack_of(b)->types), "weight") };

	build_expect(b, w.tensor, s->types, s->width);
	return build_append(b, (struct node){ .name = build_join(b, side, "type"),
				       .kind = &kind_embed,
				       .side = b->side,
				       .width = (int)s->width,
				       .weight = w,
				       .set = KEEP(b, embedding, .constant = true, .scale = 1) });
}

/* A dense layer of the family's table, where the tables' width is not that of the layers. */
static int fit_width(struct builder *b, const char *name, int x, long width, const char *tensor)
{
	if (b->shape->table_width == b->shape->width)
		return x;
	struct matrix m = { .slice.tensor = prefix_name(b->shape, tensor) };
	return build_linear(b, name, x, width, m);
}

/* Token embeddings plus positions and types; a norm of the tokens or of the sum, perhaps. */
static int embeddings(struct builder *b, const char *table)
{
	const struct shape *shape = b->shape;
	const char *side = b->side == SOURCE ? "source" : "target", *name = stack_name(b);
	const char *norm = build_join(b, name, "embed.norm");
	bool of_tokens = shape->norm_of_tokens && b->stack == DEC;
	double scale = shape->scaled_embedding ? sqrt((double)shape->width) : 1;
	struct node n = { .name = side,
		.kind = &kind_embed,
		.side = b->side,
		.width = (int)shape->table_width,
		.weight.tensor = table,
		.set = KEEP(b, embedding, .scale = scale) };
	int x = build_append(b, n), terms[3];

	x = fit_width(b, build_join(b, name, "embed.in"), x, shape->width, stack_of(b)->table_in);
	if (shape->embedding_norm && of_tokens)
		x = build_norm(b, norm, x, stack_of(b)->embedding_norm);
	if (shape->rotary || shape->buckets)
		return x;
	terms[0] = x;
	terms[1] = positions(b, side);
	if (shape->types)
		terms[2] = types(b, side);
	x = build_sum(b, build_join(b, name, "embed"), terms, shape->types ? 3 : 2);
	if (shape->embedding_norm && !of_tokens)
		x = build_norm(b, norm, x, stack_of(b)->embedding_norm);
	return x;
}

static int stack(struct builder *b, const char *table)
{
	const struct stack *s = stack_of(b);
	int x = embeddings(b, table);

	for (b->layer = 0; b->layer < b->shape->layers[b->stack]; b->layer++) {
		b->nodes = arena_printf(b->arena, "%s.%d", stack_name(b), b->layer);
		b->weights = arena_printf(b->arena, prefix_name(b->shape, s->layer), b->layer);
		if (b->shape->parallel)
			x = parallel(b, s->sublayers, x);
		for (const struct sublayer *p = s->sublayers; !b->shape->parallel && p->what; p++)
			x = residual(b, p, x);
	}
	if (b->shape->final_norm)
		x = build_norm(b, build_join(b, stack_name(b), "norm"), x, s->final_norm);
	return x;
}

/* What the family has between its layers and the logits. */
static int output_head(struct builder *b, int x)
{
	const struct family *f = b->shape->family;
	struct matrix in = { .slice.tensor = f->output_in };

	if (f->output_in) {
		x = build_linear(b, "output.in", x, b->shape->width, in);
		x = build_activation(b, "output.act", x, b->shape->output_activation);
		x = build_norm(b, "output.norm", x, f->output_norm);
	}
	x = fit_width(b, "output.in", x, b->shape->table_width, f->table_out);
	if (b->shape->scaled_output)
		x = build_scale(b, "output.scaled", x, 1 / sqrt((double)b->shape->width));
	return x;
}

/* The bias of the logits, under one of its names; NULL: the checkpoint has none. */
static const char *output_bias(const struct builder *b)
{
	const char *name = b->shape->family->output_bias,
		   *copy = b->shape->family->output_bias_copy;
	bool has_name = name && checkpoint_has(b->checkpoint, name);
	bool has_copy = copy && checkpoint_has(b->checkpoint, copy);

	if (b->shape->output_bias && !has_name && !has_copy)
		die("the checkpoint has no tensor '%s', which config.json asks for", name);
	if (has_name && has_copy) {
		struct tensor x = checkpoint_tensor(b->checkpoint, name);
		struct tensor y = checkpoint_tensor(b->checkpoint, copy);

		if (!tables_equal(&x, &y))
			die("tensors '%s' and '%s' differ, but they are one", name, copy);
	}
	return has_name ? name : has_copy ? copy : NULL;
}

static void logits(struct builder *b, const char *table, int x)
{
	const char *bias = output_bias(b);

	build_append(b, (struct node){ .name = "logits",
				.kind = &kind_linear,
				.inputs = 1,
				.input = { x },
				.side = b->side,
				.width = (int)b->shape->vocabulary[b->stack],
				.weight.tensor = table,
				.bias.tensor = bias,
				.set = KEEP(b, dense, .cap = b->shape->logit_cap) });
}

/* By the family's tables. */
static struct graph *from_tables(struct shape *shape, const struct checkpoint *c, struct arena *a)
{
	struct builder b = { .shape = shape, .checkpoint = c, .arena = a };
	int x = -1;

	prefix_find(shape, c);
	struct token_tables tables = tables_find(shape, c, a);
	b.g = arena_zero(a, 1, sizeof *b.g);
	for (int s = ENC; s <= DEC; s++) {
		if (!shape->layers[s])
			continue;
		b.stack = s;
		b.side = s == ENC ? SOURCE : TARGET;
		b.memory = x;
		x = stack(&b, tables.input[s]);
	}
	logits(&b, tables.output, output_head(&b, x));
	if (b.pruned != shape->pruned.count)
		die("config.json: '" PRUNED_HEADS "' names a head twice, or one that there is not");
	graph_check(b.g);
	return b.g;
}

struct graph *graph_build(struct shape *shape, const struct checkpoint *c, struct arena *a)
{
	struct graph *g =
		shape->family->graph ? shape->family->graph(shape, c, a) : from_tables(shape, c, a);

	unused_check(g, shape, c);
	return g;
}
