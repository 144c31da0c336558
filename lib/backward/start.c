/* SPDX-License-Identifier: Apache-2.0 */
#include "backward/start.h"

#include <math.h>
#include <string.h>

#include "base/die.h"
#include "base/random.h"
#include "forward/logits.h"
#include "network/matrix.h"
#include "op/linear.h"
#include "request/draw.h"

int start_node(const struct request *q)
{
	if (!q->start.from)
		return graph_logits(q->graph);
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
	need[q->graph->node[graph_logits(q->graph)].input[0]] |= !q->start.from;
}

/* The k highest logits' ids of every step of the record. */
static const int32_t *top_tokens(const struct trace *trace, long k, struct tensor *t)
{
	const struct record *r = trace->record;

	*t = map_tensor(record_map(r, "top"), "top", "ids");
	tensor_expect(t, "top.ids", 2, trace->of, -1L);
	if (t->shape[1] < k)
		die("tensor 'top.ids' names %ld tokens a step, not %ld", t->shape[1], k);
	return tensor_ints(t, r->arena, "top.ids");
}

static void set_token(const struct request *q, const struct trace *trace, int k, int32_t *neuron)
{
	const struct start_token *token = &q->start.token[k];
	int32_t width = q->graph->node[graph_logits(q->graph)].width;
	const int32_t *top = NULL;
	long stride = 1, rank = token->at == START_TOP2;

	if (token->at == START_TOP1 || token->at == START_TOP2) {
		struct tensor t;

		top = top_tokens(trace, rank + 1, &t) + rank;
		stride = t.shape[1];
	}
	for (long t = 0; t < trace->steps.count; t++) {
		int32_t id = top			 ? top[trace->step[t] * stride]
			     : trace->sampled		 ? trace->sampled[t]
			     : token->at == START_FORCED ? trace->target.ids[t]
							 : token->id;

		if (id < 0 || id >= width)
			die("step %d starts at token %d, which the model does not have",
				trace->step[t], id);
		neuron[t * q->start.tokens + k] = id;
	}
}

void start_steps(const struct request *q, struct trace *t)
{
	if (q->start.from)
		trace_take_positions(t, q->graph->node[start_node(q)].side);
	else
		draw_steps(&q->draw, t);
}

/* All neurons of a node, or the one that was asked for. */
static bool starts_at(const struct request *q, long neuron)
{
	return q->start.neuron < 0 || neuron == q->start.neuron;
}

/* 1 at one neuron or at all of the step's position. */
static void start_from(struct start *s, real *const *value)
{
	const struct request *q = s->asked;
	const struct node *n = &q->graph->node[s->node];
	bool gradient = q->rule->contribution == GRADIENT;

	if (q->start.position >= s->steps)
		die("--from: '%s' has %ld positions here, not position %ld", n->name, s->steps,
			q->start.position);
	for (long t = 0; t < s->steps; t++)
		for (long i = 0; i < n->width; i++)
			if (starts_at(q, i))
				s->total[t] += gradient ? value[s->node][t * n->width + i] : 1;
	if (q->start.position >= 0) {
		s->first = q->start.position;
		s->steps = 1;
	}
}

/* The single steps of a trace, whether they are summed or not. */
static const struct trace *single(const struct trace *t)
{
	return t->each ? t->each : t;
}

/* The token of a single step whose loss is meant. */
static int32_t label(const struct trace *t, long step)
{
	return t->sampled ? t->sampled[step] : t->target.ids[step];
}

static void start_loss(const struct start *s, struct network *net)
{
	const struct trace *t = single(s->trace);
	long width = net->graph->node[s->node].width;

	for (long i = 0; i < t->steps.count; i++)
		if (label(t, i) < 0 || label(t, i) >= width)
			die("step %d: the model has no token %d", t->step[i], label(t, i));
}

/* Makes other numbers of a seed than those that --steps draws by. */
static const uint64_t OTHER = UINT64_C(0x746f6b656e);

/* The tokens drawn so far of a trace's steps. */
struct sample {
	const struct trace *trace;
	uint64_t state;
	long width;
	int32_t *token;
};

/* The first token v with p_0 + ... + p_v above a number from [0, 1) */
static void draw_token(void *context, long t, real *z)
{
	const struct sample *s = context;
	uint64_t state = s->state + (uint64_t)s->trace->step[t] * UINT64_C(0x9e3779b97f4a7c15);
	double at = (double)(random_next(&state) >> 11) * 0x1p-53, sum = 0;
	struct log_sum all = log_sum_of(z, s->width);
	int32_t last = 0;

	for (int32_t v = 0; v < s->width && sum <= at * all.sum; v++) {
		double p = exp(z[v] - all.top);

		sum += p;
		last = p > 0 ? v : last;
	}
	s->token[t] = last;
}

void start_sample(const struct request *q, struct network *net, struct trace *t, real *const *value)
{
	const struct graph *g = q->graph;
	const struct node *logits = &g->node[graph_logits(g)];
	struct arena *a = t->record->arena;

	if (q->start.from || q->start.token[0].at != START_SAMPLE)
		return;
	struct sample s = { t, draw_state(t, q->start.token[0].seed ^ OTHER), logits->width,
		arena_array(a, (size_t)t->steps.count, sizeof *s.token) };

	logits_run(
		net, value[logits->input[0]], t->steps.position, t->steps.count, draw_token, &s, a);
	t->sampled = s.token;
}

static void start_tokens(struct start *s, struct network *net, real *const *value)
{
	const struct request *q = s->asked;
	struct arena *a = s->trace->record->arena;
	int in = q->graph->node[s->node].input[0];
	int32_t *neuron = arena_array(a, (size_t)(s->steps * s->tokens), sizeof *neuron);
	double *seed = arena_array(a, (size_t)(s->steps * s->tokens), sizeof *seed);
	bool gradient = q->rule->contribution == GRADIENT;
	int size = gradient ? SIZE_ONE : (int)q->start.size; /* a gradient is one of its own size */

	for (int k = 0; k < s->tokens; k++)
		set_token(q, s->trace, k, neuron);
	for (long t = 0; t < s->steps; t++)
		for (int k = 0; k < s->tokens; k++) {
			const real *x = value[in] + (long)s->trace->steps.position[t] *
							    q->graph->node[in].width;
			double z = linear_output(net, s->node, x, neuron[t * s->tokens + k]);

			seed[t * s->tokens + k] = (k ? -1 : 1) * (size == SIZE_LOGIT ? z : 1);
			s->total[t] += (k ? -1 : 1) * (gradient || size == SIZE_LOGIT ? z : 1);
		}
	s->neuron = neuron;
	s->seed = seed;
}

struct start start_sentence(
	const struct request *q, struct network *net, const struct trace *t, real *const *value)
{
	struct start s = { .asked = q,
		.trace = t,
		.node = start_node(q),
		.tokens = q->start.tokens,
		.steps = t->steps.count };

	s.total = arena_zero(t->record->arena, (size_t)s.steps, sizeof *s.total);
	if (q->start.from)
		start_from(&s, value);
	else if (q->start.size == SIZE_LOSS)
		start_loss(&s, net);
	else
		start_tokens(&s, net, value);
	return s;
}

/* The rows at the start of single steps: each a step of its own, or all of them one sum. */
struct start_rows {
	const struct start *start;
	long first; /* of the single steps */
	long sum;   /* the step of the trace that is their sum; -1: they are not summed */
	real *row;  /* [steps, width], or of the sum's positions */
};

/*
 * L = -log softmax(z)[label]: dL/dz_v = softmax(z)_v - [v = label]. Relevance starts as
 * z_v dL/dz_v; the gradient, which is multiplied by values at the sites, as dL/dz_v.
 */
static void place_loss(void *context, long i, real *z)
{
	const struct start_rows *r = context;
	const struct start *s = r->start;
	const struct trace *t = single(s->trace);
	long width = s->asked->graph->node[s->node].width;
	long step = r->sum < 0 ? r->first + i : r->sum;
	long at = r->sum < 0 ? i : t->steps.position[r->first + i] - t->steps.position[r->first];
	int32_t meant = label(t, r->first + i);
	bool gradient = s->asked->rule->contribution == GRADIENT;
	struct log_sum sum = log_sum_of(z, width);

	for (long v = 0; v < width; v++) {
		double slope = exp(z[v] - sum.top) / sum.sum - (v == meant);
		double relevance = z[v] * slope;

		s->total[step] += relevance;
		r->row[at * width + v] = (real)(gradient ? slope : relevance);
	}
}

static void start_losses(const struct start *s, struct block *b)
{
	const struct sentence *x = b->sentence;
	const struct node *n = &x->network->graph->node[s->node];
	const struct trace *t = s->trace;
	const int *position = single(t)->steps.position;
	struct start_rows r = { s, b->first, -1, block_input(b, s->node) };

	memset(s->total + b->first, 0, (size_t)b->steps * sizeof *s->total);
	if (!t->each)
		logits_run(x->network, x->value[n->input[0]], position + b->first, b->steps,
			place_loss, &r, b->arena);
	for (long step = b->first; t->each && step < b->first + b->steps; step++) {
		r.first = t->step[step];
		r.sum = step;
		logits_run(x->network, x->value[n->input[0]], position + r.first, t->summed[step],
			place_loss, &r, b->arena);
		r.row += (long)(t->steps.position[step] - t->steps.from[step] + 1) * n->width;
	}
}

static void place_ones(const struct start *s, struct block *b)
{
	long width = s->asked->graph->node[s->node].width;
	real *row = block_input(b, s->node);

	for (long i = 0; i < b->steps * width; i++)
		row[i] = starts_at(s->asked, i % width);
}

void start_block(const struct start *s, struct block *b)
{
	bool gradient = b->sentence->rule->contribution == GRADIENT;
	void (*start_at)(struct block *, int, long, long, double) =
		gradient ? linear_start_gradient : linear_start;

	if (start_is_row(s->asked)) {
		(s->asked->start.from ? place_ones : start_losses)(s, b);
		return;
	}
	for (long t = b->first; t < b->first + b->steps; t++)
		for (int k = 0; k < s->tokens; k++)
			start_at(b, s->node, t, s->neuron[t * s->tokens + k],
				s->seed[t * s->tokens + k]);
}
