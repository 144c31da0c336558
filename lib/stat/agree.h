/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_AGREE_H
#define LRP_STAT_AGREE_H

#include "base/arena.h"
#include "record/record.h"

/*
 * May the numbers below two headers be averaged with one another? Only if the headers agree on
 * what the numbers mean: the rule, the start, the norm and the model (not where its file lies).
 */
struct agree {
	const char *except; /* a key that may differ: "start"; NULL: none */
	int headers;	    /* seen so far */
	struct arena arena;
	struct fact *facts; /* of the first header */
	int count;
};

/* Remember the first header; die where a later one differs, naming the key and both values. */
void agree_check(struct agree *a, const struct record *header);

#endif
