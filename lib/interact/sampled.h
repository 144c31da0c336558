/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_INTERACT_SAMPLED_H
#define LRP_INTERACT_SAMPLED_H

#include "interact/interactions.h"

/*
 * Interactions from loss gradients along heads, y[t,h], whose labels were drawn from the predictions. The
 * gradient of -log p[label] along what a head adds is x[h,label] up to its sign, so that
 *
 *     y[t,h] y[t,k]   has the expectation   sum_v p[v] x[h,v] x[k,v]
 *
 * over draws. The heads of a sentence's sites come in records of their own: they are kept until it is whole.
 */
struct sampled {
	struct interactions *to;
	long sentence;
	bool cut;
	int count, room;
	struct sampled_site {
		const char *site;
		long heads, rows, room;
		double *y; /* [rows, heads] */
		struct drawn_sum sum;
		struct drawn drawn; /* of all its rows */
	} * site;
	struct arena arena; /* of names and drawn steps, for the life of a sentence */
};

/* Dies where what the header describes has no such products. */
void sampled_check_header(const struct record *header);

/* A record of heads; the sentence before is added where another one begins. */
void sampled_take(struct sampled *s, const struct record *r);

/* The sentence that was read last is whole. */
void sampled_close(struct sampled *s);

#endif
