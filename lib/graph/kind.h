/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GRAPH_KIND_H
#define LRP_GRAPH_KIND_H

#include <stdbool.h>
#include <stddef.h>

struct graph;
struct node;

/*
 * What a node is, whatever is done with it: the vocabulary of graphs, in headers and in memory.
 * What is computed at a node, and how relevance passes it, is lib/op's.
 */

/* A value is [positions, neurons], or [heads, queries, keys]. */
enum form { ROWS, PAIRS };

/* An input has the node's own positions, or those of its keys. */
enum whose { OWN, KEYS };

enum { MAX_INPUTS = 3 };

/* A setting of a kind: its key in a header, and where it is in what node->set points to. */
struct setting {
	const char *key;
	enum {
		SIZE_SETTING,	/* int, 1 or more */
		COUNT_SETTING,	/* int, 0 or more; 0: not written */
		SIDE_SETTING,	/* enum side */
		FLAG_SETTING,	/* bool; false: not written */
		NUMBER_SETTING, /* double; 0: not written */
		WORD_SETTING,	/* int, the index of one of `words` */
		HEADS_SETTING,	/* bool *, one a head: the list of those that are set; NULL: none */
		NEURONS_SETTING, /* double *, one a neuron; NULL: not written */
		NUMBERS_SETTING	 /* struct numbers: a list */
	} type;
	size_t offset;
	const char *const *words;
};

struct kind {
	const char *name; /* in headers: "scores" */
	int inputs, most; /* inputs it has, at least and at most; most 0: just as many */
	enum form gives;
	struct {
		enum form takes;
		enum whose side;
	} input[MAX_INPUTS];
	bool heads;			/* its neurons are those of attention heads: a head site */
	bool attends;			/* node->set is a struct attention */
	bool stored;			/* dear to make again: a trace keeps the value */
	bool logits;			/* may be the last node of a graph */
	bool scales;			/* a norm: rules may pass it as it is */
	bool weighted, biased;		/* may have a weight, a bias */
	size_t size;			/* of what node->set points to; 0: nothing */
	const struct setting *settings; /* up to one without key; NULL: none */

	/* The shape of the weight, [rows] or [rows, columns]: its dimensions; 0: it has none, or of
	 * any size. NULL: as 0. */
	int (*weight)(const struct graph *g, const struct node *n, long shape[2]);
	/* Does the node turn or norm each head's neurons by themselves? NULL: no. */
	bool (*keeps_heads)(const struct node *n);
	/* Die unless the node's settings and the widths of its inputs fit. NULL: they do. */
	void (*check)(const struct graph *g, const struct node *n);
};

extern const struct kind kind_embed, kind_linear, kind_add, kind_norm, kind_activation, kind_scores,
	kind_softmax, kind_context, kind_rms, kind_multiply, kind_rotate, kind_scale;

/* All node_kinds, up to NULL. */
extern const struct kind *const node_kinds[];

/* Die unless a node's cap is a number above 0, or 0: none. */
void kind_check_cap(const struct node *n, double cap);

/* The kind of this name, or NULL. */
const struct kind *kind_find(const char *name);

/* The functions of activations, by the names that configurations and headers use; up to NULL. */
enum function {
	RELU,
	GELU,
	GELU_NEW,
	GELU_TANH,
	GELU_FAST,
	SWISH,
	SILU,
	TANH,
	SIGMOID,
	IDENTITY_FUNCTION
};
extern const char *const function_names[];

/* What node->set points to, by kind. */
struct embedding {
	bool positions; /* of positions instead of token ids */
	bool constant;	/* the first row, at every position */
	double scale;	/* factor of the table; 0: 1 */
	int first;	/* computed positions: the number of the first */
	bool inclusive; /* their frequencies fall from 1 to 1/10000, the last included */
};

struct dense {
	double cap; /* of the logits: y = cap tanh(z / cap); 0: none */
};

struct factor {
	double factor;
};

struct normalisation {
	double eps; /* added to the variance */
};

struct root_mean_square {
	double eps; /* added to the mean square */
	int heads;  /* each has a root of its own; 0: a row has one */
	bool one;   /* the gain is 1 + the weight */
};

struct numbers {
	long count;
	double *at;
};

struct rotation {
	int heads;
	struct numbers frequencies; /* of the pairs of a head, in radians a position */
	double scale;		    /* of cosine and sine; 0: 1 */
	bool neighbours;	    /* pairs are neurons 2k, 2k + 1; else k, k + count */
};

struct activation {
	int function; /* enum function */
};

struct attention {
	int heads;
	int kv_heads; /* of keys and values, each for heads / kv_heads heads in a row; 0: one a head */
	int window;   /* keys that a query sees, its own the last; 0: all */
	int keys;     /* enum side: whose positions the keys have */
	bool causal;  /* a query sees only keys up to its own position */
	double scale; /* scores: factor of the products; 0: 1 */
	double cap;   /* scores: cap tanh(s / cap); 0: none */
	int buckets;  /* scores: rows of the weight, a table of distances; 0: none */
	int longest;  /* of them: distances from this one on share a row */
	bool *masked; /* context: one flag a head, switched off; NULL: none is */
	double *mean; /* context: [width], what masked heads give; NULL: zeros */
};

#endif
