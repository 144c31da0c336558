/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/trace.h"

#include "base/die.h"
#include "forward/forward.h"
#include "record/tokens.h"
#include "stream/map_index.h"

#ifdef REAL_IS_DOUBLE
#define tensor_reals tensor_doubles
#else
#define tensor_reals tensor_floats
#endif

void trace_lengths(const struct record *r, long rows[2])
{
	rows[SOURCE] = record_tokens(r, "source").count;
	rows[TARGET] = record_tokens(r, "target").count;
	if (rows[SOURCE] < 1 || rows[TARGET] < 1)
		die("a trace needs at least one source token and one step");
}

static real *read_value(const struct network *net, int node, const struct record *r,
	const struct map_index *values, const struct batch *b)
{
	const struct node *n = &net->graph->node[node];
	const char *what = n->name;
	const msgpack_object *value = map_index_find(values, what);
	struct tensor t;

	if (!value)
		return NULL;
	if (!object_tensor(value, &t))
		die("key '%s' in 'values' is not a tensor we know", what);
	if (node_is_pairs(n))
		tensor_expect(
			&t, what, 3, (long)node_heads(n), b->rows[n->side], b->rows[node_keys(n)]);
	else
		tensor_expect(&t, what, 2, b->rows[n->side], (long)n->width);
	return (real *)tensor_reals(&t, r->arena, what);
}

real **trace_values(struct network *net, const struct record *r, bool *need)
{
	const struct map_index *values = map_index_new(record_map(r, "values"), r->arena);
	real **value = arena_zero(r->arena, (size_t)net->graph->nodes, sizeof *value);
	struct tokens source = record_tokens(r, "source"), inputs = record_tokens(r, "inputs");
	struct span spans[2] = { { 0, source.count }, { 0, inputs.count } };
	struct batch b = { .sentences = 1,
		.rows = { source.count, inputs.count },
		.queries = { &spans[SOURCE], &spans[TARGET] },
		.keys = { &spans[SOURCE], &spans[TARGET] },
		.ids = { source.ids, inputs.ids } };

	if (inputs.count != record_tokens(r, "target").count)
		die("%d decoder inputs for %d steps", inputs.count,
			record_tokens(r, "target").count);
	/* what is not there is computed from what it needs, which may be there */
	for (int i = net->graph->nodes - 1; i >= 0; i--) {
		const struct node *n = &net->graph->node[i];

		if (!need[i])
			continue;
		value[i] = read_value(net, i, r, values, &b);
		for (int k = 0; !value[i] && k < n->inputs; k++)
			need[n->input[k]] = true;
	}
	forward_run(net, &b, need, value, r->arena);
	return value;
}
