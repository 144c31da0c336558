/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ENGINE_HEADS_RUN_H
#define LRP_ENGINE_HEADS_RUN_H

#include "backward/start.h"
#include "carried/carried.h"
#include "engine/cost.h"
#include "engine/heads.h"
#include "engine/route.h"

/* What the files behind struct heads_engine share. */
struct heads_run {
	struct request asked;
	struct network *network;
	const struct route *route;
	struct meeting alone; /* of a route that meets nothing: its plan */
	struct workers workers;
	struct arena arena; /* for the life of the segment */
	int meet;     /* a node, -1: backward; -2: whichever takes the fewest multiplications */
	double limit; /* of what may be missing where relevance comes back to; < 0: not looked at */
	/* for the report: sentences by meeting node (+1), and multiplications of both ways */
	long *met;
	double spent, backward, carried;
};

/* One sentence on its way; all of it lives as long as its record. */
struct heads_task {
	struct heads_run *heads;
	struct trace trace, each; /* with sums of steps, the single ones */
	real **value;		  /* [node] */
	struct sentence *sentence;
	struct meeting meeting;
	struct carried *carried;
	struct sweep *sweep; /* one a block of steps */
	int blocks;
	double **found;	    /* [node]: [steps, heads] */
	struct costs costs; /* with --cost */
};

/* Read a record's sentence and carry its heads to the meeting. */
struct heads_task *heads_carry(struct heads_run *h, const struct record *r);

/* Of heads_engine (heads.h): those that heads_run.c has, and interact.c. */
struct heads_run *heads_open(const struct request *asked, const char *meet);
void heads_report(const struct heads_run *h);
void heads_close(struct heads_run *h);
void heads_interact(struct heads_run *h, const struct record *r, struct against *against,
	struct interactions *to);

#endif
