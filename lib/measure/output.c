/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output of attention heads: y[h] = mean over positions i of |W_O[h] c[i,h]|, with c[i,h] the
 * head's context and W_O[h] the columns of the output projection W_O [out, heads * e] that the
 * head's neurons go to; |x| the Euclidean length. All positions count, the end of the sentence
 * too.
 */
#include "measure/measure.h"

#include <math.h>
#include <string.h>

#include "base/die.h"
#include "forward/values.h"
#include "graph/choice.h"
#include "network/gemm.h"
#include "op/operations.h"

struct output {
	const char *sites; /* as typed */
	struct network *network;
	const bool *site;
	int *projection;    /* of each site; of other nodes without meaning */
	struct arena arena; /* for the life of the segment */
};

/* The one node that reads a site: a layer that is the heads' output projection. */
static int projection_of(const struct graph *g, int site)
{
	int found = -1;

	for (int i = site + 1; i < g->nodes; i++)
		for (int k = 0; k < g->node[i].inputs; k++)
			if (g->node[i].input[k] == site) {
				if (found >= 0 || !node_is_dense(g, &g->node[i]))
					die("graph: '%s' goes to '%s', not to one output "
					    "projection ('linear')",
						g->node[site].name, g->node[i].name);
				found = i;
			}
	if (found < 0)
		die("graph: nothing reads '%s'; it has no output projection", g->node[site].name);
	return found;
}

static void *start(const char *sites, int threads)
{
	struct output *o = must_alloc(1, sizeof *o);

	(void)threads;
	o->sites = sites;
	return o;
}

static void segment(void *state, const struct graph *g, struct weight_source weights)
{
	struct output *o = state;

	arena_free(&o->arena);
	o->network = network_bind(g, weights, &o->arena);
	o->site = graph_head_sites(g, o->sites, &o->arena);
	o->projection = arena_zero(&o->arena, (size_t)g->nodes, sizeof *o->projection);
	for (int i = 0; i < g->nodes; i++)
		if (o->site[i])
			o->projection[i] = projection_of(g, i);
}

/* The mean length of the rows of Y [rows, out]. */
static double mean_length(const real *y, long rows, long out)
{
	double sum = 0;

	for (long i = 0; i < rows; i++) {
		double square = 0;

		for (long j = 0; j < out; j++)
			square += y[i * out + j] * y[i * out + j];
		sum += sqrt(square);
	}
	return sum / (double)rows;
}

/* y[h] of one site, from its value C [rows, heads * e]. */
static double *output_of(struct output *o, int site, const real *c, long rows, struct arena *a)
{
	const struct node *n = &o->network->graph->node[site];
	long e = n->width / node_heads(n), out = o->network->graph->node[o->projection[site]].width;
	real *room = must_alloc((size_t)(out * n->width), sizeof *room);
	const real *w = network_weight_rows(o->network, o->projection[site], 0, out, room);
	real *added = arena_array(a, (size_t)(rows * out), sizeof *added);
	double *y = arena_array(a, (size_t)node_heads(n), sizeof *y);

	for (long h = 0; h < node_heads(n); h++) {
		gemm_transposed(
			rows, out, e, c + h * e, n->width, w + h * e, n->width, 0, added, out);
		y[h] = mean_length(added, rows, out);
	}
	free(room);
	return y;
}

static void record(void *state, const struct record *r, struct outstream *out)
{
	struct output *o = state;
	const struct graph *g = o->network->graph;
	bool *need = arena_array(r->arena, (size_t)g->nodes, sizeof *need);
	struct trace t = trace_read(g, r);

	memcpy(need, o->site, (size_t)g->nodes * sizeof *need);
	real **value = trace_values(o->network, &t, need);
	for (int i = g->nodes - 1; i >= 0; i--) {
		const struct node *n = &g->node[i];

		if (!o->site[i])
			continue;
		measure_put(out, r, n, output_of(o, i, value[i], t.rows[n->side], r->arena));
	}
}

const struct measure measure_output = {
	.name = "output",
	.content = "heads",
	.sites = true,
	.start = start,
	.segment = segment,
	.record = record,
};
