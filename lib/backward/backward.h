/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BACKWARD_BACKWARD_H
#define LRP_BACKWARD_BACKWARD_H

#include "backward/start.h"
#include "network/op.h"
#include "rule/ledger.h"

/*
 * The backward sweep: RULES (1)-(7). From one neuron of the last node at every step down to one or
 * more sites, all steps of a block at once.
 *
 *     logits -> ... -> dec-enc.5 -> ... -> enc-self.5 -> ... -> enc-self.4 -> ...
 *                      site: copied        site: copied         lowest site: stop
 *
 * Only nodes between the start and a site are visited. Relevance that arrives anywhere else is
 * only counted, so that at every site
 *
 *     start = here + elsewhere + lost
 */
struct plan {
	struct network *network;
	const struct rule *rule;
	const bool *site;	   /* one a node */
	const bool *visited;	   /* one a node: between the start and a site */
	const char *reach;	   /* one a node: enum reach */
	int lowest;		   /* the site with the lowest index */
	int start;		   /* the node where relevance starts */
	bool whole_row;		   /* in any of its neurons, not only in those of a token */
	bool keeps;		   /* hand relevance on everywhere: another sweep goes on */
	const struct voita *voita; /* of rule voita2021, whose sweep is its own; else NULL */
};

/* Work out the rest of a request from its model, rule, sites and start. */
void backward_plan(struct plan *q, struct arena *a);

/* Does input k of a node get relevance? Constant attention weights get none. */
bool backward_takes(const struct plan *q, int node, int k);

/* Clear the marks of nodes from which no marked path leads up to a node that relevance takes. */
void backward_trim(const struct plan *q, int up_to, bool *marked);

/* Mark the values that a node's relevance or carried rule reads. */
void sentence_needs(const struct plan *q, int node, bool *need);

/* Mark the nodes whose values the sweep reads. */
void backward_needs(const struct plan *q, bool *need);

/* Does the sweep hand on relevance of this node? */
bool backward_hands_on(const struct plan *q, int node);

/* The memory of one thread: of a block of steps or heads, and of what all blocks of a sentence share. */
struct worker {
	struct arena arena, shared;
	struct pool *pool;
};
struct workers {
	int threads;
	struct worker *worker; /* one a thread */
};
struct workers workers_new(int threads);
void workers_free(struct workers *w);

/* A sentence without the rule's coefficients, which the workers will make: until the next sentence. */
struct sentence *sentence_new(
	const struct plan *q, const struct trace *t, real *const *value, const struct workers *w);

/* Warn, once, where an output of the sentence was its bias alone. After its sweeps. */
void backward_warn(const struct sentence *s, struct ledger *l);

/* The coefficients of the rule at marked nodes, which all blocks of steps, or of heads, share; they will
 * go through them this way. */
void sentence_prepare(
	struct sentence *s, const bool *marked, enum way way, const struct workers *w);

/* How many of the steps from `first` on one block takes, so that its memory stays bounded. */
long backward_steps(const struct sentence *s, long first, long steps);

/* Where the relevance of every step is when a sweep has come down to a site; [steps] each. */
struct account {
	double *start, *here, *elsewhere;
	double *size; /* sum of |relevance| here */
	double *lost[LOSSES];
};

/*
 * A sweep of some steps. visit() sees the block at every site, in the order in which the sweep
 * meets them; relevance may be NULL there: none arrived. What it allocates in the worker's arena
 * lives until the worker's next block.
 */
struct sweep {
	const struct plan *plan;
	const struct sentence *sentence;
	long first, steps;
	const struct start *start;
	const struct frontier *frontier; /* go on from here instead; NULL: from the start */
	struct worker *worker;
	void (*visit)(struct sweep *w, const struct block *b, int node);
	void *context;	 /* of visit() */
	double *counted; /* [steps]: relevance that was only counted so far */
};

/*
 * The ways back through a network: operation by operation, or, with voita2021, by residual blocks.
 * plan() works out the rest of a plan from its network, rule, sites and start; needs() marks the
 * values that the sweep reads; sentence() has the rule's coefficients at the nodes it goes
 * through; sweep() takes a block of steps down to the lowest site.
 */
struct route {
	bool meets; /* linear in relevance: heads carried forward can meet it on its way */
	void (*plan)(struct plan *q, struct arena *a);
	void (*needs)(const struct plan *q, bool *need);
	struct sentence *(*sentence)(const struct plan *q, const struct trace *t,
		real *const *value, const struct workers *w);
	void (*sweep)(struct sweep *w);
};
extern const struct route route_by_nodes;

/* The block of a sweep, with no relevance in it yet. */
struct block backward_begin(struct sweep *w);

/* For visit(): a copy of a node's relevance [layout rows, width], from the block's pool. */
real *backward_relevance(const struct block *b, int node);

/* For visit(): the account at a site, and its relevance as [steps, positions, width]. */
struct account backward_account(const struct sweep *w, const struct block *b, int node);
real *backward_dense(const struct sweep *w, const struct block *b, int node);

#endif
