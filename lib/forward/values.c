/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/values.h"

#include <string.h>

#include "base/die.h"
#include "forward/forward.h"
#include "stream/map_index.h"

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

real **trace_values(struct network *net, const struct trace *t, bool *need)
{
	struct arena *a = t->record->arena;
	const struct map_index *values = map_index_new(record_map(t->record, "values"), a);
	real **value = arena_zero(a, (size_t)net->graph->nodes, sizeof *value);
	struct span spans[2] = { { 0, t->rows[SOURCE] }, { 0, t->rows[TARGET] } };
	struct batch b = { .sentences = 1 };

	for (enum side side = SOURCE; side <= TARGET; side++) {
		b.rows[side] = t->rows[side];
		b.queries[side] = b.keys[side] = &spans[side];
		b.ids[side] = t->tokens[side].ids;
	}
	/* what is not there is computed from what it needs, which may be there */
	bool *read = arena_array(a, (size_t)net->graph->nodes, sizeof *read);

	memcpy(read, need, (size_t)net->graph->nodes * sizeof *read);
	for (int i = net->graph->nodes - 1; i >= 0; i--) {
		const struct node *n = &net->graph->node[i];

		if (!read[i])
			continue;
		value[i] = read_value(net, i, t->record, values, &b);
		for (int k = 0; !value[i] && k < n->inputs; k++)
			read[n->input[k]] = true;
	}
	forward_run(net, &b, need, value, a);
	return value;
}
