/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHAPE_FAMILY_H
#define LRP_SHAPE_FAMILY_H

#include <stddef.h>

#include "ckpt/checkpoint.h"
#include "shape/shape.h"
#include "graph/kind.h"

/*
 * A family of models as a table: what the keys of its config.json mean, and which tensors its layers
 * multiply with. build/build.c makes the graph of any of them.
 */

/* A key of config.json, and the member of struct shape that it sets. Made by the macros below. */
struct key {
	const char *name;
	enum {
		INT_KEY,
		COUNT_KEY,
		REAL_KEY,
		FLAG_KEY,
		WORD_KEY,
		ID_KEY,
		SAME_KEY,
		ONLY_KEY,
		ONLY_COUNT_KEY,
		UNUSED_KEY
	} type;
	size_t offset;
	double otherwise; /* the value where the file has no such key */
	const char *const *words;
	enum { TARGET_ID, EITHER_ID, FIRST_ID } id;
	size_t like;	  /* a member, read before, that is the default; 0: there is none */
	int until;	  /* 402: version 4.2 of transformers and later ones do not read it */
	const char *text; /* SAME: what the key is another name of; UNUSED: why it has no effect */
};

#define KEY(key, kind, member, value, ...)                                                         \
	{                                                                                          \
		.name = (key), .type = (kind), .offset = offsetof(struct shape, member),           \
		.otherwise = (value), __VA_ARGS__                                                  \
	}
/* A whole number of 1 or more; a default of 0: not given, shape_read() finds it from the others. */
#define INT(key, member, value) KEY(key, INT_KEY, member, value, )
/* A whole number of 1 or more; without the key, as another member, whose key stands before it. */
#define INT_AS(key, member, other)                                                                 \
	KEY(key, INT_KEY, member, 0, .like = offsetof(struct shape, other))
/* A whole number of 0 or more. */
#define COUNT(key, member, value) KEY(key, COUNT_KEY, member, value, )
/* A number of 0 or more. */
#define REAL(key, member, value) KEY(key, REAL_KEY, member, value, )
#define FLAG(key, member, value) KEY(key, FLAG_KEY, member, value, )
/* A flag that only versions of transformers below `version` read: else it has its default. */
#define FLAG_BEFORE(version, key, member, value)                                                   \
	KEY(key, FLAG_KEY, member, value, .until = (version))
/* One of a list of words; the member is its index. */
#define WORD(key, member, list, value) KEY(key, WORD_KEY, member, value, .words = (list))
/* A token id: of the target's vocabulary, of either, or the first of several (null: the default). */
#define ID(key, member, value, whose) KEY(key, ID_KEY, member, value, .id = (whose))
/* Another name of a whole number that the other keys give: it has to say the same. */
#define SAME(key, member, of) KEY(key, SAME_KEY, member, 0, .text = (of))
/* A flag of which one value is supported; it is that of a file without it. */
#define ONLY(key, value) KEY(key, ONLY_KEY, file, value, )
/* Flags and whole numbers of which the same is true where versions below `version` wrote the file;
 * later ones do not read them. */
#define ONLY_BEFORE(version, key, value) KEY(key, ONLY_KEY, file, value, .until = (version))
#define ONLY_COUNT_BEFORE(version, key, value)                                                     \
	KEY(key, ONLY_COUNT_KEY, file, value, .until = (version))
/* A key that has no effect in this family; those that have none in any are in config_keys.c. */
#define UNUSED(key, why) KEY(key, UNUSED_KEY, file, 0, .text = (why))

/*
 * A block of a layer, inside its residual connection. Names are of tensors below the layer's, without
 * ".weight" and ".bias"; a bias is used where the checkpoint has it.
 */
struct sublayer {
	enum { SELF = 1, CROSS, FEED } what; /* 0: the list ends */
	const char *norm;     /* of what the block reads, or behind the sum; NULL: none */
	const char *norm_out; /* of what it gives, in front of the sum; NULL: none */
	const char *q, *k, *v;
	const char *qkv; /* instead of q, k and v: the rows of all three, one behind the other */
	bool by_head;	 /* the rows of qkv are those of a head, of the next one, ... */
	const char *q_norm, *k_norm; /* of each head; NULL: none */
	bool norm_heads;	     /* of all heads together */
	const char *distances;	     /* the table of distances that scores add; NULL: none */
	const char *in;		     /* of a feed-forward network */
	const char *in_ungated;	     /* instead of gate and in, where the model has no gates */
	bool gated_in;		     /* the first half of its rows is the gate */
	const char *gate; /* is multiplied with `in`, behind the activation; NULL: none is */
	const char *out;  /* the projection that ends the block */
	bool transposed;  /* its matrices lie as [inputs, outputs] */
};

/* A stack of layers, and what is in front of and behind it. */
struct stack {
	const char *layer; /* "model.encoder.layers.%d"; NULL: there is no such stack */
	const struct sublayer *sublayers;
	const char *table,
		*positions; /* tables of tokens and of positions; NULL: those are computed */
	const char *embedding_norm, *final_norm;
	const char *types;    /* the table of types of tokens */
	const char *table_in; /* the dense layer behind a table of another width than the layers' */
};

/* Tensors without effect, by a pattern of their names, and why. */
struct unused {
	const char *name, *why;
};

struct family {
	const char *type;  /* model_type of config.json */
	const char *class; /* of `architectures`, where published files have no model_type; NULL */
	/* What the names below begin with, but not those of a checkpoint without the output. */
	const char *prefix;
	const struct key *keys;
	struct shape fixed; /* what no key says */
	struct stack stack[STACKS];
	const char *shared_table; /* the name of the table that both stacks read */
	const char *output_in,
		*output_norm;  /* a dense layer, activation and norm before the logits */
	const char *table_out; /* the dense layer before a table of another width, as table_in */
	const char *output;
	const char *output_bias;      /* the tensor's whole name */
	const char *output_bias_copy; /* another name of it; a checkpoint may have either */
	const struct unused *unused;  /* of this family alone, up to one without name */
	const char *tokenizer;	      /* Hugging Face's class of it, where no file names one */
	/* What no table can say, before ids are read; NULL: nothing. */
	void (*finish)(struct shape *s);
	/* The graph of a family without tables of tensors; it may note sizes. NULL: the tables'. */
	struct graph *(*graph)(struct shape *s, const struct checkpoint *c, struct arena *a);
};

/* All of them, up to NULL (families.c). */
extern const struct family *const families[];

#endif
