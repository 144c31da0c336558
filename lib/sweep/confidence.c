/* SPDX-License-Identifier: Apache-2.0 */
/* In single precision, as traces are: head-confidence has no -p. */
#include "sweep/confidence.h"

#include <stdlib.h>

#include "graph/choice.h"
#include "sweep/measure.h"
#include "sweep/trace_values.h"

struct confidence {
	struct model *model;
	const bool *site;
	struct arena arena; /* for the life of the segment */
};

struct confidence *confidence_open(
	const struct graph *g, struct weight_source weights, const char *sites)
{
	struct confidence *c = must_alloc(1, sizeof *c);

	c->model = model_bind(g, weights, &c->arena);
	c->site = graph_head_sites(g, sites, &c->arena);
	return c;
}

void confidence_close(struct confidence *c)
{
	arena_free(&c->arena);
	free(c);
}

/* The mean of the largest weights of one head's A [queries, keys], over what is left of both. */
static double confidence_of(const float *a, long queries, long keys, long stride, bool causal)
{
	double sum = 0;

	for (long i = 0; i < queries; i++) {
		float top = 0;

		for (long j = 0; j < (causal && i < keys ? i + 1 : keys); j++)
			top = a[i * stride + j] > top ? a[i * stride + j] : top;
		sum += top;
	}
	return queries ? sum / (double)queries : 0;
}

/*
 * Positions without the end of the sentence. In the source it is the last token; the decoder's
 * inputs do not have it, but its last step predicts it.
 */
static long without_end(const long rows[2], enum side side)
{
	return rows[side] - (side == SOURCE);
}

void confidence_record(struct confidence *c, const struct record *r, struct outstream *out)
{
	const struct graph *g = c->model->graph;
	bool *need = arena_zero(r->arena, (size_t)g->nodes, sizeof *need);
	long rows[2];

	trace_lengths(r, rows);
	for (int i = 0; i < g->nodes; i++)
		if (c->site[i])
			need[g->node[i].input[0]] = true;
	real **value = trace_values(c->model, r, need);
	for (int i = g->nodes - 1; i >= 0; i--) {
		const struct node *n = &g->node[i];

		if (!c->site[i])
			continue;
		double *y = arena_array(r->arena, (size_t)n->heads, sizeof *y);
		for (long h = 0; h < n->heads; h++)
			y[h] = confidence_of(value[n->input[0]] + h * rows[n->side] * rows[n->keys],
				without_end(rows, n->side), without_end(rows, n->keys),
				rows[n->keys], n->causal);
		measure_put(out, r, n, y);
	}
}
