/* SPDX-License-Identifier: Apache-2.0 */
#include "family/marian.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "family/marian_tables.h"

enum { MAX_NODES = 1 << 16 };

/* The graph in the making, and where we are in it. */
struct builder {
	struct graph *g;
	const struct model_config *config;
	const struct checkpoint *checkpoint;
	struct arena *arena;
	enum side side;
	const char *nodes;   /* prefix of node names: "enc.3" */
	const char *weights; /* prefix of tensor names: "model.encoder.layers.3" */
	int heads, ffn;
	int memory; /* the encoder's output */
	int pruned; /* heads that were taken out, so far */
};

static int append(struct builder *b, struct node n)
{
	if (b->g->nodes == MAX_NODES)
		die("config.json: more than %d nodes", MAX_NODES);
	b->g->node[b->g->nodes] = n;
	return b->g->nodes++;
}

/* A node's settings, with which it lives as long as the graph. */
static void *keep(struct builder *b, const void *set, size_t size)
{
	return memcpy(arena_alloc(b->arena, size), set, size);
}
#define KEEP(b, type, ...) keep(b, &(struct type){ __VA_ARGS__ }, sizeof(struct type))

static const char *join(struct builder *b, const char *prefix, const char *name)
{
	return arena_printf(b->arena, "%s.%s", prefix, name);
}

/* A node with weights of its own: linear and norm. */
static int layer(struct builder *b, const struct kind *kind, const char *name, int in, int width,
	const char *tensor)
{
	const char *bias = join(b, tensor, "bias");

	return append(
		b, (struct node){ .name = name,
			   .kind = kind,
			   .inputs = 1,
			   .input = { in },
			   .side = b->g->node[in].side,
			   .width = width,
			   .weight.tensor = join(b, tensor, "weight"),
			   .set = kind == &kind_norm ? KEEP(b, normalisation, .eps = 1e-5) : NULL,
			   .bias.tensor = checkpoint_has(b->checkpoint, bias) ? bias : NULL });
}

static int linear(struct builder *b, const char *block, const char *name, int in, int width,
	const char *tensor)
{
	return layer(b, &kind_linear, join(b, block, name), in, width, join(b, b->weights, tensor));
}

static int norm(struct builder *b, const char *name, int in, const char *tensor)
{
	return layer(b, &kind_norm, name, in, b->g->node[in].width, tensor);
}

static int add(struct builder *b, const char *name, int x, int y)
{
	return append(b, (struct node){ .name = name,
				 .kind = &kind_add,
				 .inputs = 2,
				 .input = { x, y },
				 .side = b->side,
				 .width = b->g->node[x].width });
}

/* scores, softmax, context; `block` is "enc.3.self", `site` is "enc-self.3" */
static int attend(
	struct builder *b, const char *block, const char *site, int heads, int q, int k, int v)
{
	const struct node *queries = &b->g->node[q];
	struct attention set = { .heads = heads, .keys = (int)b->g->node[k].side };
	struct node n = { .side = queries->side, .width = heads };

	set.causal = n.side == TARGET && set.keys == TARGET;
	set.scale = 1 / sqrt(queries->width / heads);
	n.name = join(b, block, "scores");
	n.kind = &kind_scores;
	n.set = keep(b, &set, sizeof set);
	n.inputs = 2;
	n.input[0] = q;
	n.input[1] = k;
	int scores = append(b, n);
	n.name = join(b, block, "weights");
	n.kind = &kind_softmax;
	n.inputs = 1;
	n.input[0] = scores;
	n.input[1] = 0;
	set.scale = 0;
	n.set = keep(b, &set, sizeof set);
	int weights = append(b, n);
	n.name = site;
	n.kind = &kind_context;
	n.set = keep(b, &set, sizeof set);
	n.inputs = 2;
	n.input[0] = weights;
	n.input[1] = v;
	n.width = queries->width;
	return append(b, n);
}

/* The heads of a site that were not taken out; each is as wide as before. */
static int heads_left(struct builder *b, const char *site)
{
	int left = 0;

	for (int h = 0; h < b->heads; h++)
		left += !mask_has(&b->config->pruned, site, h);
	if (!left)
		die("config.json: '" PRUNED_HEADS "' leaves no head of %s", site);
	b->pruned += b->heads - left;
	return left;
}

/* An attention block without its residual: queries from x, keys and values from `memory`. */
static int attention(struct builder *b, const char *block, const char *site, const char *tensor,
	int x, int memory)
{
	int heads = heads_left(b, site), width = b->g->node[x].width / b->heads * heads;
	int q = linear(b, block, "q", x, width, join(b, tensor, "q_proj"));
	int k = linear(b, block, "k", memory, width, join(b, tensor, "k_proj"));
	int v = linear(b, block, "v", memory, width, join(b, tensor, "v_proj"));

	return linear(b, block, "out", attend(b, block, site, heads, q, k, v), b->g->node[x].width,
		join(b, tensor, "out_proj"));
}

static int feed_forward(struct builder *b, const char *block, int x)
{
	int in = linear(b, block, "in", x, b->ffn, "fc1");
	int act =
		append(b, (struct node){ .name = join(b, block, "act"),
				  .kind = &kind_activation,
				  .inputs = 1,
				  .input = { in },
				  .side = b->side,
				  .width = b->ffn,
				  .set = KEEP(b, activation, .function = b->config->activation) });

	return linear(b, block, "out", act, b->g->node[x].width, "fc2");
}

/* The residual block around self-attention, cross-attention or the feed-forward network. */
static int residual(struct builder *b, const char *kind, const char *site, const char *tensor,
	const char *norm_tensor, int x)
{
	const char *block = join(b, b->nodes, kind), *name = join(b, block, "norm");
	bool before = b->config->normalize_before;
	int in = x, out;

	norm_tensor = join(b, b->weights, norm_tensor);
	if (before)
		in = norm(b, name, x, norm_tensor);
	if (!tensor)
		out = feed_forward(b, block, in);
	else
		out = attention(
			b, block, site, tensor, in, strcmp(kind, "cross") == 0 ? b->memory : in);
	out = add(b, join(b, block, "add"), x, out);
	return before ? out : norm(b, name, out, norm_tensor);
}

/* Token embeddings plus positions, perhaps normalised. */
static int embeddings(struct builder *b, const char *side, const char *stack, const char *table)
{
	const struct model_config *c = b->config;
	const char *part = join(b, "model", b->side == SOURCE ? "encoder" : "decoder");
	const char *positions = join(b, part, "embed_positions.weight");
	struct node n = { .name = side,
		.kind = &kind_embed,
		.side = b->side,
		.width = (int)c->d_model,
		.weight.tensor = table,
		.set = KEEP(
			b, embedding, .scale = c->scale_embedding ? sqrt((double)c->d_model) : 1) };
	int tokens = append(b, n);

	n.name = join(b, side, "position");
	n.set = KEEP(b, embedding, .positions = true, .scale = 1);
	n.weight.tensor = checkpoint_has(b->checkpoint, positions) ? positions : NULL;
	if (!n.weight.tensor && !c->static_position_embeddings)
		die("config.json: static_position_embeddings is false, but the checkpoint has no "
		    "tensor '%s'",
			positions);
	int x = add(b, join(b, stack, "embed"), tokens, append(b, n));
	if (c->normalize_embedding)
		x = norm(b, join(b, stack, "embed.norm"), x, join(b, part, "layernorm_embedding"));
	return x;
}

static int encoder_layer(struct builder *b, int i, int x)
{
	b->nodes = arena_printf(b->arena, "enc.%d", i);
	b->weights = arena_printf(b->arena, "model.encoder.layers.%d", i);
	x = residual(b, "self", arena_printf(b->arena, "enc-self.%d", i), "self_attn",
		"self_attn_layer_norm", x);
	return residual(b, "ffn", NULL, NULL, "final_layer_norm", x);
}

static int decoder_layer(struct builder *b, int i, int x)
{
	b->nodes = arena_printf(b->arena, "dec.%d", i);
	b->weights = arena_printf(b->arena, "model.decoder.layers.%d", i);
	x = residual(b, "self", arena_printf(b->arena, "dec-self.%d", i), "self_attn",
		"self_attn_layer_norm", x);
	x = residual(b, "cross", arena_printf(b->arena, "dec-enc.%d", i), "encoder_attn",
		"encoder_attn_layer_norm", x);
	return residual(b, "ffn", NULL, NULL, "final_layer_norm", x);
}

static int logits(struct builder *b, const char *table, int x)
{
	const char *bias = "final_logits_bias";
	bool has_bias = checkpoint_has(b->checkpoint, bias);

	if (b->config->add_bias_logits && !has_bias)
		die("config.json: add_bias_logits is true, but the checkpoint has no tensor '%s'",
			bias);
	return append(b, (struct node){ .name = "logits",
				 .kind = &kind_linear,
				 .inputs = 1,
				 .input = { x },
				 .side = TARGET,
				 .width = (int)b->config->decoder_vocab_size,
				 .weight.tensor = table,
				 .bias.tensor = has_bias ? bias : NULL });
}

/* Tensors have exactly the shapes that the graph multiplies with. */
static void check_shapes(const struct builder *b)
{
	for (int i = 0; i < b->g->nodes; i++) {
		const struct node *n = &b->g->node[i];
		long shape[2] = { 0, 0 };
		int dimensions = n->kind->weight ? n->kind->weight(b->g, n, shape) : 0;

		if (!dimensions)
			continue;
		struct tensor w = checkpoint_tensor(b->checkpoint, n->weight.tensor);
		if (w.dimensions != dimensions || w.shape[0] != shape[0] ||
			(dimensions == 2 && w.shape[1] != shape[1]))
			die("tensor '%s' is %s; config.json asks for %s", n->weight.tensor,
				tensor_shape_text(&w, b->arena),
				dimensions == 2
					? arena_printf(b->arena, "[%ld, %ld]", shape[0], shape[1])
					: arena_printf(b->arena, "[%ld]", shape[0]));
	}
}

static void check_positions(const struct builder *b)
{
	for (int i = 0; i < b->g->nodes; i++) {
		const struct node *n = &b->g->node[i];

		if (n->kind != &kind_embed || !((const struct embedding *)n->set)->positions ||
			!n->weight.tensor)
			continue;
		struct tensor w = checkpoint_tensor(b->checkpoint, n->weight.tensor);
		if (w.dimensions != 2 || w.shape[0] < b->config->max_position_embeddings ||
			w.shape[1] != n->width)
			die("tensor '%s' is %s; config.json asks for [%ld, %d]", n->weight.tensor,
				tensor_shape_text(&w, b->arena), b->config->max_position_embeddings,
				n->width);
	}
}

struct graph *marian_graph(
	const struct model_config *config, const struct checkpoint *c, struct arena *a)
{
	struct builder b = { .config = config, .checkpoint = c, .arena = a };
	struct marian_tables tables = marian_tables(config, c, a);

	b.g = arena_zero(a, 1, sizeof *b.g);
	b.g->node = must_alloc(MAX_NODES, sizeof *b.g->node);
	b.side = SOURCE;
	b.heads = (int)config->encoder_attention_heads;
	b.ffn = (int)config->encoder_ffn_dim;
	int x = embeddings(&b, "source", "enc", tables.source);
	for (int i = 0; i < config->encoder_layers; i++)
		x = encoder_layer(&b, i, x);
	if (config->add_final_layer_norm)
		x = norm(&b, "enc.norm", x, "model.encoder.layer_norm");
	b.memory = x;
	b.side = TARGET;
	b.heads = (int)config->decoder_attention_heads;
	b.ffn = (int)config->decoder_ffn_dim;
	x = embeddings(&b, "target", "dec", tables.target);
	for (int i = 0; i < config->decoder_layers; i++)
		x = decoder_layer(&b, i, x);
	if (config->add_final_layer_norm)
		x = norm(&b, "dec.norm", x, "model.decoder.layer_norm");
	logits(&b, tables.output, x);
	check_shapes(&b);
	check_positions(&b);
	if (b.pruned != config->pruned.count)
		die("config.json: '" PRUNED_HEADS "' names a head twice, or one that there is not");
	graph_check(b.g);
	return b.g;
}
