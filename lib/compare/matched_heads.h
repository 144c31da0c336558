/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_COMPARE_MATCHED_HEADS_H
#define LRP_COMPARE_MATCHED_HEADS_H

#include "compare/compared_side.h"

/* Heads of one site that both sides have; A and B are the sides. */
struct matched_site {
	const struct average *a, *b;
	int place_a, place_b; /* their places among the averages of the sides */
	long first, heads;    /* their place among all matched heads */
	long *in_a, *in_b;    /* [heads]: their numbers in each */
	long *was; /* [heads]: before any was taken out of either model, which are the same */
};

/* The sites by their order. */
struct matched_heads {
	struct matched_site *at;
	long count, heads;
	/* The numbers that heads had, as the key `pruned` of a header's model has it; NULL: the same. */
	const char *pruned;
	/* What only one side has, "enc-self.4" or "enc-self.4:7" by the number before. */
	struct one_side {
		const char **name;
		long count, room;
	} only_a, only_b;
};

/*
 * Heads are the same where their site has the same name and their numbers before any was taken out
 * of a model are the same. Dies where there are none.
 */
struct matched_heads *match_heads(const struct compared_side *a, const struct compared_side *b);

/* Say what is left out, a message for each side. */
void match_tell(const struct matched_heads *m, const struct compared_side *a,
	const struct compared_side *b);

#endif
