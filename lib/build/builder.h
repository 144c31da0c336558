/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BUILD_BUILDER_H
#define LRP_BUILD_BUILDER_H

#include "ckpt/checkpoint.h"
#include "shape/family.h"
#include "graph/graph.h"

/* The graph in the making, and where we are in it. Functions return the index of the node they add. */
struct builder {
	struct graph *g;
	const struct shape *shape;
	const struct checkpoint *checkpoint;
	struct arena *arena;
	int stack;	     /* ENC, DEC */
	enum side side;	     /* whose positions its nodes have */
	const char *nodes;   /* prefix of the layer's nodes: "enc.3" */
	const char *weights; /* prefix of its tensors: "model.encoder.layers.3" */
	int layer;
	int memory; /* the encoder's output */
	int pruned; /* heads that were taken out, so far */
};

/* A matrix as a family's table names it, or a slice of it. */
struct matrix {
	struct weight slice; /* its tensor without ".weight" */
	long all;	     /* rows of the tensor; 0: it is used whole */
};

int build_append(struct builder *b, struct node n);

/* "prefix.name" */
const char *build_join(struct builder *b, const char *prefix, const char *name);

/* A node's settings, with which it lives as long as the graph. */
void *build_keep(struct builder *b, const void *set, size_t size);
#define KEEP(b, type, ...) build_keep(b, &(struct type){ __VA_ARGS__ }, sizeof(struct type))

/* A dense layer, an activation, a norm, a sum. They die where a tensor is not there, or has another shape. */
int build_linear(struct builder *b, const char *name, int in, long width, struct matrix s);
int build_norm(struct builder *b, const char *name, int in, const char *tensor);

/* The root mean square of each head. */
int build_head_norm(struct builder *b, const char *name, int in, const char *tensor, int heads);
int build_activation(struct builder *b, const char *name, int in, int function);
int build_scale(struct builder *b, const char *name, int in, double factor);
int build_multiply(struct builder *b, const char *name, int gate, int x);
int build_add(struct builder *b, const char *name, int x, int y);
int build_sum(struct builder *b, const char *name, const int *terms, int count);

/* Attention without its residual, as nodes "block.q" to "block.out"; the heads' node is its site. */
int build_attention(
	struct builder *b, const struct sublayer *p, const char *block, int queries, int memory);

/* Die unless the tensor is [rows, columns]; columns 0: [rows]. */
void build_expect(const struct builder *b, const char *tensor, long rows, long columns);

#endif
