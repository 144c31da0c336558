/* SPDX-License-Identifier: Apache-2.0 */
/* In single precision, as traces are; the sums are double. */
#include "sweep/means.h"

#include <string.h>

#include "base/die.h"
#include "graph/choice.h"
#include "sweep/trace_values.h"

/* The sum of one site's contexts; it outlives the segment. */
struct site_sum {
	char *name;
	int heads, width;
	long positions;
	double *sum; /* [width] */
};

struct means {
	const char *sites;
	struct model *model;
	struct arena segment; /* the model's */
	struct site_sum *at;  /* one a site, in the order of the graph */
	int count;
};

struct means *means_new(const char *sites)
{
	struct means *m = must_alloc(1, sizeof *m);

	*m = (struct means){ .sites = sites };
	return m;
}

static void add_site(struct means *m, const struct node *n)
{
	m->at = must_realloc(m->at, (size_t)m->count + 1, sizeof *m->at);
	m->at[m->count++] = (struct site_sum){ .name = must_strdup(n->name),
		.heads = n->heads,
		.width = n->width,
		.sum = must_alloc((size_t)n->width, sizeof(double)) };
}

void means_segment(struct means *m, const struct graph *g, struct weight_source weights)
{
	bool first = !m->model;
	int found = 0;

	arena_free(&m->segment);
	m->model = model_bind(g, weights, &m->segment);
	const bool *site = graph_head_sites(g, m->sites, &m->segment);
	for (int i = 0; i < g->nodes; i++) {
		const struct node *n = &g->node[i];

		if (!site[i])
			continue;
		if (first)
			add_site(m, n);
		if (found == m->count || strcmp(m->at[found].name, n->name) ||
			m->at[found].width != n->width || m->at[found].heads != n->heads)
			die("site %s is not as in the first header; take means apart", n->name);
		found++;
	}
	if (found < m->count)
		die("no site %s as in the first header; take means apart", m->at[found].name);
}

void means_add(struct means *m, const struct record *r)
{
	const struct graph *g = m->model->graph;
	bool *need = arena_zero(r->arena, (size_t)g->nodes, sizeof *need);
	long rows[2];

	trace_lengths(r, rows);
	for (int s = 0; s < m->count; s++)
		need[graph_find(g, m->at[s].name)] = true;
	real **value = trace_values(m->model, r, need);
	for (struct site_sum *s = m->at; s < m->at + m->count; s++) {
		int node = graph_find(g, s->name);
		long count = rows[g->node[node].side] * s->width;

		s->positions += rows[g->node[node].side];
		for (long at = 0; at < count; at++)
			s->sum[at % s->width] += value[node][at];
	}
}

void means_put(struct means *m, struct outstream *out)
{
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
