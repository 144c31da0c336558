/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mean context of attention heads over all positions of all sentences,
 *
 *   m[h,e] = sum over sentences s, positions i of c[s,i,h,e] / number of positions
 *
 * the end of the sentence included: it is what a head gives that knows nothing of its sentence.
 * The sums are double.
 */
#include "measure/measure.h"

#include <string.h>

#include "base/die.h"
#include "forward/values.h"
#include "graph/choice.h"
#include "op/operations.h"

/* The sum of one site's contexts; it outlives the segment. */
struct site_sum {
	char *name;
	int heads, width;
	long positions;
	double *sum; /* [width] */
};

struct means {
	const char *sites;
	struct network *network;
	struct arena segment; /* the model's */
	struct site_sum *at;  /* one a site, in the order of the graph */
	int count;
};

static void *start(const char *sites, int threads)
{
	struct means *m = must_alloc(1, sizeof *m);

	(void)threads;
	*m = (struct means){ .sites = sites };
	return m;
}

static void add_site(struct means *m, const struct node *n)
{
	m->at = must_realloc(m->at, (size_t)m->count + 1, sizeof *m->at);
	m->at[m->count++] = (struct site_sum){ .name = must_strdup(n->name),
		.heads = node_heads(n),
		.width = n->width,
		.sum = must_alloc((size_t)n->width, sizeof(double)) };
}

static void segment(void *state, const struct graph *g, struct weight_source weights)
{
	struct means *m = state;
	bool first = !m->network;
	int found = 0;

	arena_free(&m->segment);
	m->network = network_bind(g, weights, &m->segment);
	const bool *site = graph_head_sites(g, m->sites, &m->segment);
	for (int i = 0; i < g->nodes; i++) {
		const struct node *n = &g->node[i];

		if (!site[i])
			continue;
		if (first)
			add_site(m, n);
		if (found == m->count || strcmp(m->at[found].name, n->name) ||
			m->at[found].width != n->width || m->at[found].heads != node_heads(n))
			die("site %s is not as in the first header; take means apart", n->name);
		found++;
	}
	if (found < m->count)
		die("no site %s as in the first header; take means apart", m->at[found].name);
}

static void record(void *state, const struct record *r, struct outstream *out)
{
	struct means *m = state;
	const struct graph *g = m->network->graph;
	bool *need = arena_zero(r->arena, (size_t)g->nodes, sizeof *need);
	struct trace t = trace_read(g, r);

	(void)out; /* finish() writes */
	for (int s = 0; s < m->count; s++)
		need[graph_find(g, m->at[s].name)] = true;
	real **value = trace_values(m->network, &t, need);
	for (struct site_sum *s = m->at; s < m->at + m->count; s++) {
		int node = graph_find(g, s->name);
		long count = t.rows[g->node[node].side] * s->width;

		s->positions += t.rows[g->node[node].side];
		for (long at = 0; at < count; at++)
			s->sum[at % s->width] += value[node][at];
	}
}

static void finish(void *state, struct outstream *out)
{
	struct means *m = state;

	for (struct site_sum *s = m->at; s < m->at + m->count; s++) {
		if (!s->positions)
			die("no sentence came in");
		for (int x = 0; x < s->width; x++)
			s->sum[x] /= (double)s->positions;
		struct draft *d = stream_draft(out, "means");
		draft_text(d, "site", s->name);
		draft_int(d, "positions", s->positions);
		draft_doubles(d, "mean", s->sum, 2, s->heads, s->width / s->heads);
		stream_put(out, d);
	}
}

const struct measure measure_context_mean = {
	.content = "means",
	.sites = true,
	.pooled = true,
	.start = start,
	.segment = segment,
	.record = record,
	.finish = finish,
};
