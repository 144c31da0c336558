/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/die.h"
#include "build/builder.h"
#include "build/prefix.h"
#include "shape/rotary.h"

/* The place of the heads: "enc-self.3". */
static const char *site_of(struct builder *b, const struct sublayer *p)
{
	const char *kind = b->stack == ENC ? "enc-self" : p->what == SELF ? "dec-self" : "dec-enc";

	return arena_printf(b->arena, "%s.%d", kind, b->layer);
}

/* The heads of a site that were not taken out; each is as wide as before. */
static int heads_left(struct builder *b, const char *site)
{
	long heads = b->shape->heads[b->stack];
	int left = 0;

	for (long h = 0; h < heads; h++)
		left += !mask_has(&b->shape->pruned, site, h);
	if (!left)
		die("config.json: '" PRUNED_HEADS "' leaves no head of %s", site);
	for (long h = 0, each = heads / b->shape->kv_heads[b->stack]; h < heads; h++)
		if (mask_has(&b->shape->pruned, site, h) !=
			mask_has(&b->shape->pruned, site, h / each * each))
			die("config.json: '" PRUNED_HEADS
			    "' has a part of the heads of %s that share "
			    "their keys and values",
				site);
	b->pruned += (int)heads - left;
	return left;
}

/* Heads of keys and values of so many heads. */
static int kv_heads_left(const struct builder *b, int heads)
{
	return (int)(heads * b->shape->kv_heads[b->stack] / b->shape->heads[b->stack]);
}

/* The factor of the products of queries and keys. */
static double score_scale(const struct builder *b)
{
	const struct shape *s = b->shape;
	double scale =
		s->score_scale != 0 ? s->score_scale : 1 / sqrt((double)s->head_width[b->stack]);

	return s->scores_by_layer ? scale / (b->layer + 1) : scale;
}

/* Does the layer see a window of keys? */
static bool has_window(const struct builder *b)
{
	const struct shape *s = b->shape;

	return s->window && (!s->windowed || s->windowed[b->layer]);
}

/* The table of distances of a block's scores: its own, or that of the first layer. */
static struct weight distances(struct builder *b, const struct sublayer *p)
{
	const struct shape *s = b->shape;
	const char *layer = b->weights;
	struct weight w = { .tensor = NULL };

	if (!p->distances)
		return w;
	if (s->first_distances)
		layer = arena_printf(b->arena, prefix_name(s, s->family->stack[b->stack].layer), 0);
	w.tensor = build_join(b, build_join(b, layer, p->distances), "weight");
	build_expect(b, w.tensor, s->buckets, s->heads[b->stack]);
	return w;
}

static int scores(struct builder *b, const struct sublayer *p, const char *block,
	struct attention set, const int *qkv)
{
	const struct shape *s = b->shape;

	set.scale = score_scale(b);
	set.cap = s->score_cap;
	if (p->distances) {
		set.buckets = (int)s->buckets;
		set.longest = (int)s->longest;
	}
	return build_append(b, (struct node){ .name = build_join(b, block, "scores"),
				       .kind = &kind_scores,
				       .inputs = 2,
				       .input = { qkv[0], qkv[1] },
				       .side = b->g->node[qkv[0]].side,
				       .width = set.heads,
				       .weight = distances(b, p),
				       .set = build_keep(b, &set, sizeof set) });
}

/* scores, softmax, context */
static int attend(struct builder *b, const struct sublayer *p, const char *block, const char *site,
	int heads, const int *qkv)
{
	const struct node *queries = &b->g->node[qkv[0]];
	int kv_heads = kv_heads_left(b, heads);
	struct attention set = { .heads = heads,
		.keys = (int)b->g->node[qkv[1]].side,
		.kv_heads = kv_heads < heads ? kv_heads : 0,
		.window = has_window(b) ? (int)b->shape->window : 0 };
	struct node n = { .side = queries->side, .width = heads };
	int width = queries->width;

	set.causal = b->stack == DEC && (int)n.side == set.keys;
	n.name = build_join(b, block, "weights");
	n.kind = &kind_softmax;
	n.inputs = 1;
	n.input[0] = scores(b, p, block, set, qkv);
	n.set = build_keep(b, &set, sizeof set);
	int weights = build_append(b, n);
	n.name = site;
	n.kind = &kind_context;
	n.set = build_keep(b, &set, sizeof set);
	n.inputs = 2;
	n.input[0] = weights;
	n.input[1] = qkv[2];
	n.width = width;
	return build_append(b, n);
}

/* Queries (0), keys (1) or values (2): a tensor of their own, or rows of the joined one. */
static struct matrix matrix_of(
	struct builder *b, const struct sublayer *p, int which, const long widths[3])
{
	const char *const own[] = { p->q, p->k, p->v };
	long head = b->shape->head_width[b->stack];
	struct matrix s = { .slice.transposed = p->transposed };

	s.slice.tensor = build_join(b, b->weights, p->qkv ? p->qkv : own[which]);
	if (!p->qkv)
		return s;
	s.all = widths[0] + widths[1] + widths[2];
	s.slice.rows = widths[which];
	for (int i = 0; i < which; i++)
		s.slice.first += p->by_head ? head : widths[i];
	s.slice.block = p->by_head ? head : 0;
	s.slice.every = p->by_head ? 3 * head : 0;
	return s;
}

/* Queries or keys, perhaps normed, and turned. */
static int place(
	struct builder *b, const char *name, int x, const char *norm, bool norm_heads, int heads)
{
	const struct node *from = &b->g->node[x];

	if (norm)
		x = build_head_norm(b, build_join(b, name, "norm"), x,
			build_join(b, b->weights, norm), norm_heads ? 0 : heads);
	if (!b->shape->rotary)
		return x;
	struct rotation r = rotary_of(b->shape, heads, has_window(b), b->arena);
	return build_append(b, (struct node){ .name = build_join(b, name, "rotated"),
				       .kind = &kind_rotate,
				       .inputs = 1,
				       .input = { x },
				       .side = from->side,
				       .width = from->width,
				       .set = build_keep(b, &r, sizeof r) });
}

int build_attention(
	struct builder *b, const struct sublayer *p, const char *block, int queries, int memory)
{
	static const char *const names[] = { "q", "k", "v" };
	const char *site = site_of(b, p), *const norms[] = { p->q_norm, p->k_norm };
	long e = b->shape->head_width[b->stack];
	int heads = heads_left(b, site), kv_heads = kv_heads_left(b, heads), qkv[3];
	struct matrix out = { .slice = { .tensor = build_join(b, b->weights, p->out),
				      .transposed = p->transposed } };

	const long widths[] = { heads * e, kv_heads * e, kv_heads * e };

	for (int i = 0; i < 3; i++) {
		const char *name = build_join(b, block, names[i]);

		qkv[i] = build_linear(
			b, name, i ? memory : queries, widths[i], matrix_of(b, p, i, widths));
		if (i < 2)
			qkv[i] = place(
				b, name, qkv[i], norms[i], p->norm_heads, i ? kv_heads : heads);
	}
	return build_linear(b, build_join(b, block, "out"), attend(b, p, block, site, heads, qkv),
		b->shape->width, out);
}
