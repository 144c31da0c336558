/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MODEL_OPEN_H
#define LRP_MODEL_OPEN_H

#include "ckpt/checkpoint.h"
#include "shape/shape.h"
#include "graph/task.h"
#include "token/tokenizer.h"

/* A model's directory, whatever its family: what config.json says, the weights, the graph of both. */
struct model {
	struct shape *shape;
	struct checkpoint *checkpoint;
	struct graph *graph;
};

/* Open it. Dies on what is not known of it: a setting, a tensor, a family. */
struct model model_open(const char *directory, struct arena *a);

/*
 * The tokenizer of its directory. Only what is translated gets an end of sentence; other texts have
 * what they say.
 */
struct tokenizer *model_tokenizer(const struct shape *s, enum task task);

/* That of a directory that need not have a model: its class is what its files say, or by config.json. */
struct tokenizer *tokenizer_alone(const char *directory);

/* The same of a directory whose checkpoint is open. */
struct tokenizer *model_tokenizer_beside(const char *directory, const struct checkpoint *c);

#endif
