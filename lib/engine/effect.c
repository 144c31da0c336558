/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/effect.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "forward/logits.h"
#include "network/gemm.h"
#include "network/matrix.h"
#include "op/linear.h"
#include "tensor/vectorised.h"

/* Steps that a thread takes at a time. */
enum { STEPS = 8 };

struct effects {
	const struct heads_task *task;
	long first, count; /* the steps that are at hand */
	real *other; /* a second trace's logits of these, [count, width]; NULL: there is none */
	void (*visit)(void *context, const struct effect_step *s);
	void *context;
};

/* The likeliest tokens so far: a heap, the least likely of them first. */
struct likeliest {
	const real *z;
	long count, most, *token;
};

static bool is_less_likely(const struct likeliest *l, long a, long b)
{
	return l->z[a] < l->z[b] || (l->z[a] == l->z[b] && a > b);
}

static void sink(struct likeliest *l, long at)
{
	for (long least = at;; at = least) {
		for (long child = 2 * at + 1; child <= 2 * at + 2 && child < l->count; child++)
			least = is_less_likely(l, l->token[child], l->token[least]) ? child : least;
		if (least == at)
			return;
		long token = l->token[at];

		l->token[at] = l->token[least];
		l->token[least] = token;
	}
}

/* The `most` likeliest tokens of logits z [width], in no order. */
static void find_likeliest(const real *z, long width, long most, long *token)
{
	struct likeliest l = { z, most, most, token };

	for (long v = 0; v < most; v++)
		token[v] = v;
	for (long at = most / 2; at-- > 0;)
		sink(&l, at);
	for (long v = most; v < width; v++)
		if (is_less_likely(&l, token[0], v)) {
			token[0] = v;
			sink(&l, 0);
		}
}

/* The logits of some tokens alone, in their order. */
static void pick(real *z, const long *token, long count, double *room)
{
	for (long k = 0; k < count; k++)
		room[k] = z[token[k]];
	for (long k = 0; k < count; k++)
		z[k] = (real)room[k];
}

/* p = softmax(z) */
static void probabilities(const real *z, long count, double *p)
{
	struct log_sum s = log_sum_of(z, count);

	for (long k = 0; k < count; k++)
		p[k] = exp(z[k] - s.top) / s.sum;
}

/* A step's logits of all tokens, and those of a second trace (NULL: there is none), with their sums. */
struct step_logits {
	long width;
	real *z, *other;
	struct log_sum p, q;
};

/* sum = p + q of all tokens */
static void add_probabilities(const struct step_logits *l, real *sum)
{
	for (long v = 0; v < l->width; v++)
		sum[v] = (real)(exp(l->z[v] - l->p.top) / l->p.sum +
				exp(l->other[v] - l->q.top) / l->q.sum);
}

/* J [heads, in] at a step's position */
static void gather(const struct heads_task *t, long step, long in, real *j)
{
	const struct carried *c = t->carried;
	const struct node *n = &c->sentence->network->graph->node[c->meeting->node];
	long size = c->sentence->rows[n->side] * in;

	for (long h = 0; h < c->heads; h++)
		memcpy(j + h * in, c->at + h * size + t->trace.steps.position[step] * in,
			(size_t)in * sizeof *j);
}

/* dz [heads, count]: of the tokens, or of all */
static void change(const struct heads_task *t, const real *j, const long *token, long count,
	struct pool *pool, real *dz)
{
	struct network *net = t->heads->network;
	int last = graph_logits(net->graph);
	long in = linear_inputs(net, last);

	if (!token) {
		matrix_forward(net, last, PLAIN, 1, t->carried->heads, j, 0, dz);
		return;
	}
	real *rows = pool_take(pool, (size_t)(count * in) * sizeof *rows);

	for (long k = 0; k < count; k++)
		network_weight_row(net, last, token[k], rows + k * in);
	gemm_transposed(t->carried->heads, count, in, j, in, rows, in, 0, dz, count);
	pool_give(pool, rows);
}

/* Where logits have a cap: z becomes its slopes. */
static void take_slopes(const struct network *net, long count, real *z)
{
	for (long v = 0; v < count; v++)
		z[v] = (real)linear_cap_slope(net, graph_logits(net->graph), z[v]);
}

/* x = dz - sum_v p_v dz_v, where dz has yet to be multiplied by the slopes of a cap */
static void centre(const real *slope, const double *p, long count, real *dz)
{
	double mean = 0;

	for (long v = 0; v < count; v++)
		dz[v] *= slope[v];
	for (long v = 0; v < count; v++)
		mean += p[v] * dz[v];
	for (long v = 0; v < count; v++)
		dz[v] -= (real)mean;
}

/* The steps of one job. */
struct some_steps {
	const struct effects *effects;
	long first;
	struct worker *worker;
};

/* The likeliest `count` tokens, by p + q where there is a q; the logits become those of the tokens. */
static long *choose_tokens(struct step_logits *l, long count, double *room, struct pool *pool)
{
	long *token = pool_take(pool, (size_t)count * sizeof *token);

	if (l->other) {
		real *sum = pool_take(pool, (size_t)l->width * sizeof *sum);

		add_probabilities(l, sum);
		find_likeliest(sum, l->width, count, token);
		pool_give(pool, sum);
		pick(l->other, token, count, room);
	} else {
		find_likeliest(l->z, l->width, count, token);
	}
	pick(l->z, token, count, room);
	return token;
}

/* KL(q || p); 0 where there is no q. */
static double find_divergence(struct step_logits *l)
{
	if (!l->other)
		return 0;
	l->p = log_sum_of(l->z, l->width);
	l->q = log_sum_of(l->other, l->width);
	return logits_divergence(l->other, l->q, l->z, l->p, l->width);
}

static void one_step(void *context, long i, real *z)
{
	const struct some_steps *some = context;
	const struct effects *e = some->effects;
	const struct heads_task *t = e->task;
	const struct network *net = t->heads->network;
	struct pool *pool = some->worker->pool;
	int last = graph_logits(net->graph);
	long in = linear_inputs(net, last), width = net->graph->node[last].width;
	long top = t->heads->asked.top, count = top > 0 && top < width ? top : width;
	long heads = t->carried->heads, *token = NULL;
	real *other = e->other ? e->other + (some->first - e->first + i) * width : NULL;
	struct step_logits l = { .width = width, .z = z, .other = other };
	double kl = find_divergence(&l);
	double *p = pool_take(pool, (size_t)count * 2 * sizeof *p), *q = p + count;
	real *j = pool_take(pool, (size_t)(heads * in) * sizeof *j);
	real *dz = pool_take(pool, (size_t)(heads * count) * sizeof *dz);

	if (count < width)
		token = choose_tokens(&l, count, p, pool);
	probabilities(z, count, p);
	if (other)
		probabilities(other, count, q);
	gather(t, some->first + i, in, j);
	change(t, j, token, count, pool, dz);
	take_slopes(net, count, z);
	for (long h = 0; h < heads; h++)
		centre(z, p, count, dz + h * count);
	e->visit(e->context,
		&(struct effect_step){ some->first + i, count, p, other ? q : NULL, dz, kl, pool });
	pool_give(pool, dz);
	pool_give(pool, j);
	pool_give(pool, p);
	if (token)
		pool_give(pool, token);
}

static void run_steps(void *context, int job, int thread)
{
	const struct effects *e = context;
	const struct heads_task *t = e->task;
	struct worker *w = &t->heads->workers.worker[thread];
	struct some_steps some = { e, e->first + (long)job * STEPS, w };
	long left = e->first + e->count - some.first;

	arena_reset(&w->arena);
	logits_run(t->heads->network, t->value[t->meeting.node],
		t->trace.steps.position + some.first, left < STEPS ? left : STEPS, one_step, &some,
		&w->arena);
}

void effect_steps(const struct heads_task *t, struct against *against,
	void (*visit)(void *context, const struct effect_step *s), void *context)
{
	const struct graph *g = t->heads->network->graph;
	long steps = t->trace.steps.count, width = g->node[graph_logits(g)].width;
	int threads = t->heads->workers.threads;
	struct effects e = { .task = t, .visit = visit, .context = context };
	long most = against ? (long)STEPS * threads : steps;

	if (against)
		e.other = arena_array(
			t->trace.record->arena, (size_t)(most * width), sizeof *e.other);
	for (; e.first < steps; e.first += e.count) {
		e.count = steps - e.first < most ? steps - e.first : most;
		if (against)
			against_logits(against, e.first, e.count, e.other);
		parallel(threads, (int)((e.count + STEPS - 1) / STEPS), run_steps, &e);
	}
}

/*
 * exp(-x) - 1 + x; near 0 by the series x^2/2 (1 - x/3 (1 - x/4 (1 - x/5 (1 - x/6 (1 - x/7))))). LARGE:
 * where exp() would overflow.
 */
static const double NEAR = 0.03, LARGE = 500;

VECTORISED
static double sum_terms(const double *p, const real *x, long count)
{
	double sum = 0;

#pragma omp simd reduction(+ : sum)
	for (long v = 0; v < count; v++) {
		double a = x[v], far = exp(-a) - 1 + a;
		double near = a * a / 2 *
			      (1 - a / 3 * (1 - a / 4 * (1 - a / 5 * (1 - a / 6 * (1 - a / 7)))));

		sum += p[v] * (fabs(a) < NEAR ? near : far);
	}
	return sum;
}

double effect_divergence(const double *p, const real *x, long count)
{
	double least = 0, sum = 0;

	for (long v = 0; v < count; v++)
		least = x[v] < least ? x[v] : least;
	if (least > -LARGE)
		return log1p(sum_terms(p, x, count));
	for (long v = 0; v < count; v++)
		sum += p[v] * exp(least - x[v]);
	return log(sum) - least;
}
