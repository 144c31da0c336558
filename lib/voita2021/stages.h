/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOITA2021_STAGES_H
#define LRP_VOITA2021_STAGES_H

#include "backward/backward.h"

/* A part of the network on the way down: what is between `top` and `bottom`. */
struct stage {
	enum {
		STAGE_EMBEDDING,
		STAGE_FINAL_NORM,
		STAGE_FEED_FORWARD,
		STAGE_SELF,
		STAGE_CROSS
	} kind;
	int top, bottom; /* where relevance enters it, and leaves it; embedding: -1 */
	int norm, add;	 /* -1: none */
	bool before;	 /* the norm is in front of the branch */
	int read;	 /* what the branch reads: bottom, or the norm of it */
	int out;	 /* the branch's last layer */
	int inner, act;	 /* feed-forward */
	int context, weights, scores, q, k, v; /* attention */
	int memory;			       /* what keys and values are made of */
	int node[12], nodes;		       /* all of them but the bottom */
	bool asked;			       /* has it a site? */
};

struct voita {
	struct stage *stage; /* in the order of the sweep */
	int stages;
	int needed; /* those down to the last site */
};

/* Find the residual blocks. */
void voita_plan(struct plan *q, struct arena *a);
void voita_needs(const struct plan *q, bool *need);
struct sentence *voita_sentence(
	const struct plan *q, const struct trace *t, real *const *value, const struct workers *w);

#endif
