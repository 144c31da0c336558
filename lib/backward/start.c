/* SPDX-License-Identifier: Apache-2.0 */
#include "backward/start.h"

#include <math.h>
#include <string.h>

#include "base/die.h"
#include "op/linear.h"
#include "record/tokens.h"

int start_node(const struct request *q)
{
	if (!q->start.from)
		return q->graph->nodes - 1;
	int node = graph_find(q->graph, q->start.from);
	if (node < 0)
		die_usage("--from: this model has no node '%s'", q->start.from);
	if (q->start.neuron >= q->graph->node[node].width)
		die_usage("--from: '%s' has %d neurons", q->start.from, q->graph->node[node].width);
	return node;
}

bool start_is_row(const struct request *q)
{
	return q->start.from || q->start.size == SIZE_LOSS;
}

void start_needs(const struct request *q, bool *need)
{
	int node = start_node(q);

	if (q->rule->contribution == GRADIENT && q->start.from)
		need[node] = true;
	need[q->graph->node[q->graph->nodes - 1].input[0]] |= !q->start.from;
}

/* The k highest logits' ids of every step. */
static const int32_t *top_tokens(const struct record *r, long steps, long k, struct tensor *t)
{
	*t = map_tensor(record_map(r, "top"), "top", "ids");
	tensor_expect(t, "top.ids", 2, steps, -1L);
	if (t->shape[1] < k)
		die("tensor 'top.ids' names %ld tokens a step, not %ld", t->shape[1], k);
	return tensor_ints(t, r->arena, "top.ids");
}

static void set_token(
	const struct request *q, const struct record *r, int k, int32_t *neuron, long steps)
{
	const struct start_token *token = &q->start.token[k];
	int32_t width = q->graph->node[q->graph->nodes - 1].width;
	const int32_t *ids = NULL;
	long stride = 1, rank = token->at == START_TOP2;

	if (token->at == START_TOP1 || token->at == START_TOP2) {
		struct tensor t;

		ids = top_tokens(r, steps, rank + 1, &t) + rank;
		stride = t.shape[1];
	} else if (token->at == START_FORCED) {
		ids = record_tokens(r, "target").ids;
	}
	for (long t = 0; t < steps; t++) {
		int32_t id = ids ? ids[t * stride] : token->id;

		if (id < 0 || id >= width)
			die("step %ld starts at token %d, which the model does not have", t, id);
		neuron[t * q->start.tokens + k] = id;
	}
}

/* The logits of all steps, [steps, vocabulary], by the output layer's forward formula. */
static real *logits(struct network *net, real *const *value, long steps, struct arena *a)
{
	int last = net->graph->nodes - 1;
	real **v = arena_array(a, (size_t)net->graph->nodes, sizeof *v);
	struct batch b = { .rows = { 0, steps } };

	memcpy(v, value, (size_t)net->graph->nodes * sizeof *v);
	v[last] = arena_array(a, (size_t)(steps * net->graph->node[last].width), sizeof(real));
	net->op[last]->forward(net, last, &b, v);
	return v[last];
}

/*
 * L = -log softmax(z)[forced]: dL/dz_v = softmax(z)_v - [v = forced]. Relevance starts as
 * z_v dL/dz_v; the gradient, which is multiplied by values at the sites, as dL/dz_v.
 */
static void loss_row(const struct rule *rule, real *z, long width, int32_t forced, double *total)
{
	double top = z[0], sum = 0;

	for (long v = 1; v < width; v++)
		top = z[v] > top ? z[v] : top;
	for (long v = 0; v < width; v++)
		sum += exp(z[v] - top);
	*total = 0;
	for (long v = 0; v < width; v++) {
		double slope = exp(z[v] - top) / sum - (v == forced), r = z[v] * slope;

		*total += r;
		z[v] = (real)(rule->contribution == GRADIENT ? slope : r);
	}
}

static void start_loss(struct start *s, const struct request *q, struct network *net,
	const struct record *r, real *const *value)
{
	long width = q->graph->node[s->node].width;
	struct tokens target = record_tokens(r, "target");
	real *row = logits(net, value, s->steps, r->arena);
	double *total = arena_array(r->arena, (size_t)s->steps, sizeof *total);

	for (long t = 0; t < s->steps; t++) {
		if (target.ids[t] >= width)
			die("step %ld: the model has no token %d", t, target.ids[t]);
		loss_row(q->rule, row + t * width, width, target.ids[t], &total[t]);
	}
	s->row = row;
	s->total = total;
}

/* 1 at one neuron or at all of the step's position. */
static void start_from(struct start *s, const struct request *q, real *const *value,
	const long rows[2], struct arena *a)
{
	const struct node *n = &q->graph->node[s->node];
	long width = n->width, neuron = q->start.neuron;

	s->steps = rows[n->side];
	if (q->start.position >= s->steps)
		die("--from: '%s' has %ld positions here, not position %ld", n->name, s->steps,
			q->start.position);
	real *row = arena_zero(a, (size_t)(s->steps * width), sizeof *row);
	double *total = arena_zero(a, (size_t)s->steps, sizeof *total);
	for (long t = 0; t < s->steps; t++)
		for (long i = 0; i < width; i++)
			if (neuron < 0 || i == neuron) {
				row[t * width + i] = 1;
				total[t] += q->rule->contribution == GRADIENT
						    ? value[s->node][t * width + i]
						    : 1;
			}
	s->row = row;
	s->total = total;
	if (q->start.position >= 0) {
		s->first = q->start.position;
		s->steps = 1;
	}
}

static void start_tokens(struct start *s, const struct request *q, struct network *net,
	const struct record *r, real *const *value)
{
	int in = q->graph->node[s->node].input[0];
	int32_t *neuron = arena_array(r->arena, (size_t)(s->steps * s->tokens), sizeof *neuron);
	double *total = arena_zero(r->arena, (size_t)s->steps, sizeof *total);
	double *seed = arena_array(r->arena, (size_t)(s->steps * s->tokens), sizeof *seed);
	bool gradient = q->rule->contribution == GRADIENT;
	int size = gradient ? SIZE_ONE : (int)q->start.size; /* a gradient is one of its own size */

	network_bias(net, s->node); /* converted before threads share the model */
	for (int k = 0; k < s->tokens; k++)
		set_token(q, r, k, neuron, s->steps);
	for (long t = 0; t < s->steps; t++)
		for (int k = 0; k < s->tokens; k++) {
			const real *x = value[in] + t * q->graph->node[in].width;
			double z = linear_output(net, s->node, x, neuron[t * s->tokens + k]);

			seed[t * s->tokens + k] = (k ? -1 : 1) * (size == SIZE_LOGIT ? z : 1);
			total[t] += (k ? -1 : 1) * (gradient || size == SIZE_LOGIT ? z : 1);
		}
	s->neuron = neuron;
	s->seed = seed;
	s->total = total;
}

struct start start_sentence(const struct request *q, struct network *net, const struct record *r,
	real *const *value, const long rows[2])
{
	struct start s = {
		.node = start_node(q), .tokens = q->start.tokens, .steps = rows[TARGET]
	};

	if (q->start.from)
		start_from(&s, q, value, rows, r->arena);
	else if (q->start.size == SIZE_LOSS)
		start_loss(&s, q, net, r, value);
	else
		start_tokens(&s, q, net, r, value);
	return s;
}

void start_block(const struct start *s, struct block *b)
{
	const struct layout *l = block_layout(b, s->node);
	long width = b->sentence->network->graph->node[s->node].width;
	bool gradient = b->sentence->rule->contribution == GRADIENT;
	void (*start_at)(struct block *, int, long, long, double) =
		gradient ? linear_start_gradient : linear_start;

	for (long t = b->first; !s->row && t < b->first + b->steps; t++)
		for (int k = 0; k < s->tokens; k++)
			start_at(b, s->node, t, s->neuron[t * s->tokens + k],
				s->seed[t * s->tokens + k]);
	for (long row = 0; s->row && row < l->rows; row++)
		if (l->position[row] == b->first + l->step[row]) /* the step's own */
			memcpy(block_input(b, s->node) + row * width,
				s->row + l->position[row] * width, (size_t)width * sizeof(real));
}
