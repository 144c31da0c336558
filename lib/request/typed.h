/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REQUEST_TYPED_H
#define LRP_REQUEST_TYPED_H

#include "base/options.h"
#include "stream/stream.h"
#include "request/request.h"

/* The options that lrp-layer and head-carry share, as typed. */
struct sweep_options {
	const char *sites, *rule, *start, *size, *precision, *model, *from, *to;
	double max_leak;
	long steps, seed; /* of a sentence: at most so many, drawn; -1: not given */
};
#define SWEEP_DEFAULTS                                                                             \
	{                                                                                          \
		"all", "magnitude", "top", "one", "auto", NULL, NULL, NULL, -1, -1, -1             \
	}

/* Their entries for options_parse(). */
#define SWEEP_ENTRIES(typed)                                                                       \
	{ .letter = 'l', .text = &(typed).sites }, { .letter = 'r', .text = &(typed).rule },       \
		{ .letter = 't', .text = &(typed).start },                                         \
		{ .letter = 's', .text = &(typed).size },                                          \
		{ .letter = 'p', .text = &(typed).precision },                                     \
		{ .letter = 'm', .text = &(typed).model },                                         \
		{ .name = "steps", .count = &(typed).steps },                                      \
	{                                                                                          \
		.name = "seed", .count = &(typed).seed                                             \
	}

/* The request that was typed, for the life of the process; graph, weights and sites come with the
 * stream's header. Mistakes are usage errors. */
struct request sweep_request(const struct sweep_options *typed, const struct options *o);

/* Usage errors of --sum-steps: it is of a loss, of all steps, and of rules that are linear in relevance. */
void sweep_check_sums(const struct request *q);

/*
 * A segment with a frontier goes on with its rule, start and precision, which must not be given
 * again in other words. Nothing changes where its sweeps begin here.
 */
void sweep_resume(struct request *q, struct sweep_options *typed, const struct record *header);

/* Double precision? `auto`: where the rule's terms have signs. */
bool sweep_in_double(const struct sweep_options *typed, const struct rule *rule);

/* A segment begins: take graph, weights and sites from its header. */
void sweep_bind(struct request *q, const struct sweep_options *typed, const struct record *header);

/* The same, and write the header of `out`. */
void sweep_begin(struct request *q, const struct sweep_options *typed, const struct record *header,
	struct outstream *out);

/* Keep for the next segments what is open, and read, for the life of the process. */
void sweep_keep(struct request *asked, const struct request *q);

#endif
