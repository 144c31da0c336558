/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The confidence of attention heads: y[h] = mean over queries i of max over keys j of A[h,i,j]
 * (Voita et al. 2019, section 4). Where a source is translated, its end of sentence, the last
 * token, is left out.
 */
#include "measure/measure.h"

#include "base/arena.h"
#include "forward/values.h"
#include "graph/choice.h"
#include "op/operations.h"
#include <stdlib.h>

struct confidence {
	const char *sites; /* as typed */
	struct network *network;
	const bool *site;
	struct arena arena; /* for the life of the segment */
};

static void *start(const char *sites, int threads)
{
	struct confidence *c = must_alloc(1, sizeof *c);

	(void)threads;
	c->sites = sites;
	return c;
}

static void segment(void *state, const struct graph *g, struct weight_source weights)
{
	struct confidence *c = state;

	arena_free(&c->arena);
	c->network = network_bind(g, weights, &c->arena);
	c->site = graph_head_sites(g, c->sites, &c->arena);
}

/* The mean of the largest weights of one head's A [queries, keys], over what is left of both. */
static double confidence_of(
	const real *a, long queries, long keys, long stride, const struct attention *attention)
{
	double sum = 0;

	for (long i = 0; i < queries; i++) {
		real top = 0;

		for (long j = 0; j < keys_seen(attention, i, keys); j++)
			top = a[i * stride + j] > top ? a[i * stride + j] : top;
		sum += top;
	}
	return queries ? sum / (double)queries : 0;
}

/*
 * Positions without the end of the sentence. In a source that is translated it is the last token.
 * The decoder's inputs do not have it: the last step predicts it. Where steps stand in the text
 * itself, it is a token as any other.
 */
static long without_end(const struct trace *t, enum side side)
{
	return t->rows[side] - (side == SOURCE && t->steps.side != SOURCE);
}

static void record(void *state, const struct record *r, struct outstream *out)
{
	const struct confidence *c = state;
	const struct graph *g = c->network->graph;
	bool *need = arena_zero(r->arena, (size_t)g->nodes, sizeof *need);
	struct trace t = trace_read(g, r);

	for (int i = 0; i < g->nodes; i++)
		if (c->site[i])
			need[g->node[i].input[0]] = true;
	real **value = trace_values(c->network, &t, need);
	for (int i = g->nodes - 1; i >= 0; i--) {
		const struct node *n = &g->node[i];

		if (!c->site[i])
			continue;
		double *y = arena_array(r->arena, (size_t)node_heads(n), sizeof *y);
		for (long h = 0; h < node_heads(n); h++)
			y[h] = confidence_of(
				value[n->input[0]] + h * t.rows[n->side] * t.rows[node_keys(n)],
				without_end(&t, n->side), without_end(&t, node_keys(n)),
				t.rows[node_keys(n)], attention_of(n));
		measure_put(out, r, n, y);
	}
}

const struct measure measure_confidence = {
	.name = "confidence",
	.content = "heads",
	.sites = true,
	.start = start,
	.segment = segment,
	.record = record,
};
