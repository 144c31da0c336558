/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MEASURE_MEASURE_H
#define LRP_MEASURE_MEASURE_H

#include "ckpt/weights.h"
#include "graph/graph.h"
#include "stream/stream.h"

/*
 * A measure reads the values of traces, without any sweep. What it keeps goes on over the
 * segments of a stream.
 */
struct measure {
	const char *name;    /* the header's `measure`; NULL: the content says what it is */
	const char *content; /* of the stream it writes */
	bool sites;	     /* it is of head sites, which -l names */
	bool pooled;	     /* one result of all segments, written by finish() */

	/* Nothing seen yet; `sites` as typed, threads for a forward pass' products. */
	void *(*start)(const char *sites, int threads);
	/* Before any segment: the traces of a file, of the same steps, which these are measured
	 * against; `directory` is that of their model, NULL: as they say. NULL: there is no such thing. */
	void (*against)(void *state, const char *file, const char *directory);
	/* A segment begins, of this graph and its weights. */
	void (*segment)(void *state, const struct graph *g, struct weight_source weights);
	/* Take one trace record; unless pooled, write what it gives. */
	void (*record)(void *state, const struct record *trace, struct outstream *out);
	/* NULL: nothing is left to write. */
	void (*finish)(void *state, struct outstream *out);
};
extern const struct measure measure_confidence, measure_output, measure_loss, measure_context_mean;

/*
 * Write what a measure of whole sentences says of the heads of a site: a heads record of one step,
 * y [heads], for the sentence of a trace record.
 */
void measure_put(struct outstream *out, const struct record *trace, const struct node *site,
	const double *y);

#endif
