/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REQUEST_TRACE_H
#define LRP_REQUEST_TRACE_H

#include "graph/graph.h"
#include "record/tokens.h"

/* The steps of a sentence: step t stands at position[t] of a side, and what it predicts is read
 * there. */
struct steps {
	enum side side;
	long count;
	const int *position; /* [count], ascending */
	double prefixes;     /* positions up to each step's own, of all steps together */
	const int *
		from; /* of sums of steps: the position of the first one of each; NULL: they are single */
};

/* The positions that a step itself has: from the first to position[step]. */
static inline int step_from(const struct steps *s, long step)
{
	return s->from ? s->from[step] : s->position[step];
}

/* What a trace record says beside its values, read once. It lives as long as the record. */
struct trace {
	const struct record *record;
	struct tokens
		tokens[2]; /* at the positions of each side; of a side that the graph lacks none */
	struct tokens target; /* the token that each step of the record predicts */
	long rows[2];	      /* positions, by side */
	struct steps steps;   /* those of the record; of a sweep that starts elsewhere, its own */
	long first_step;      /* of the sentence's steps, where it has several records */
	/* Of each step, its number among those of the record: where some were drawn, not all are
	 * here, and `of` of them there were. `target` has those that are. */
	const int *step;
	long of;
	const int32_t *sampled; /* of each step, the token of START_SAMPLE; NULL: none is drawn */
	const struct trace
		*each; /* of sums of steps: the trace of the single ones; NULL: they are single */
	const long *summed; /* of `each`, how many are in each sum */
};

/* Read it; dies where a side of the graph has no tokens, or steps are not positions of their side.
 */
struct trace trace_read(const struct graph *g, const struct record *r);

/* The number of a trace record's first step in its sentence. */
long trace_first_step(const struct record *r);

/* The same trace with these of its steps alone: `count` numbers that grow, of the record's arena. */
void trace_take_steps(struct trace *t, const int *step, long count);

/*
 * Steps of sums: each has up to SUMMED_STEPS of the single ones, one after another, and step[i] is the first of
 * them. As what a sweep does is linear in where it starts, one sweep is that of all in a sum.
 */
enum { SUMMED_STEPS = 64 };
struct trace trace_sums(const struct trace *each);

/* Are some of the sentence's steps not here? */
bool trace_is_drawn(const struct trace *t);

/* Write which steps the rows of a record are: those from the `first` of these on, or the one that is a sum. */
void trace_write_steps(struct draft *d, const struct trace *t, long first);

/* Sweep from each position of a side, as if it were a step. */
void trace_take_positions(struct trace *t, enum side side);

/* A step at each token of a side that is this one. */
struct steps steps_at(enum side side, const struct tokens *t, int32_t id, struct arena *a);

/* The key of a record that holds the tokens at a side's positions. */
const char *side_key(enum side side);

#endif
