/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_BLOCK_H
#define LRP_NETWORK_BLOCK_H

#include "base/arena.h"
#include "base/pool.h"
#include "network/network.h"
#include "request/trace.h"
#include "rule/lost.h"
#include "rule/rule.h"

/*
 * The coefficients of the rule at one node of one sentence, made once by op->prepare and used by
 * every block of steps. What `coefficient` holds is each operation's own business; `lost` is the
 * share of an output neuron's relevance that goes to each kind of loss, [rows, width], NULL: none.
 */
struct shares {
	real *coefficient[MAX_INPUTS];
	real *lost[LOSSES];
	bool bias_alone; /* bias=exclude: an output has no contribution, and its bias keeps all */
};

/* One sentence of a trace, ready to be swept backward. */
struct sentence {
	struct network *network;
	const struct rule *rule;
	long rows[2]; /* positions, by side */
	struct steps steps;
	real *const
		*value; /* one a node: [rows, width], or [heads, queries, keys]; NULL: not needed */
	struct shares *shares; /* one a node */
	const char *reach;     /* one a node: enum reach */
	enum way way;	       /* how the node that is prepared will be gone through */
	struct arena *arena;
	struct pool *pool;
};

/*
 * Which positions can hold relevance of a step at a node. Above the last self-attention that is
 * the step's own position alone; below it every position up to the step's own, where queries see
 * their past only, and else all: REACH_ALL + side.
 */
enum reach { REACH_OWN, REACH_PREFIX, REACH_ALL, REACHES = REACH_ALL + 2 };

/*
 * Rows of relevance: those of all steps of a block one after another. Row r belongs to the block's
 * step step[r] and to position position[r]; step s has rows start[s] .. start[s+1]-1; the rows of
 * position p are of_position[first[p]] .. of_position[first[p+1]-1].
 */
struct layout {
	long rows;
	int *position, *step;
	long *start;
	int *first, *of_position;
};

/* A block of consecutive steps of one sentence, on its way back through the network. */
struct block {
	const struct sentence *sentence;
	long first, steps;
	struct layout layout[REACHES];
	int *row_in[2][REACHES]; /* of each row of an own or prefix layout, the row of the same step
				    and position in a larger one of its side; else NULL */
	real **relevance;	 /* one a node: [layout rows, width], NULL: none has arrived */
	double *lost[LOSSES];	 /* [steps] */
	struct pool *pool;	 /* for relevance and for scratch */
	struct arena *arena;
};

/* The rows of a node's relevance. */
const struct layout *block_layout(const struct block *b, int node);

/* Elements of a row of a node's relevance: its width, or heads x keys for scores and softmax. */
long block_width(const struct block *b, int node);

/* The relevance of a node to add to: zero when nothing has arrived yet. */
real *block_input(struct block *b, int node);

/*
 * For each row of `from` the row of `to` that has the same step and position. NULL: the same row.
 */
const int *block_rows_in(const struct block *b, int from, int to);

/* Pass all relevance of `from` on unchanged: formula (6). */
void block_pass(struct block *b, int from, int to);

/* Write down what the rule loses of the relevance that stands at a node. */
void block_lose(struct block *b, int node);

#endif
