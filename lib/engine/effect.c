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
	const struct carried *carried;
	const struct trace *trace;
	real *const *value;
	long top;
	const struct workers *workers;
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

/* p = softmax(z), of tokens alone where there are some; z is theirs then. */
static void probabilities(real *z, long width, const long *token, long count, double *p)
{
	for (long k = 0; token && k < count; k++)
		p[k] = z[token[k]];
	for (long k = 0; token && k < count; k++)
		z[k] = (real)p[k];
	struct log_sum s = log_sum_of(z, token ? count : width);

	for (long k = 0; k < count; k++)
		p[k] = exp(z[k] - s.top) / s.sum;
}

/* J [heads, in] at a step's position */
static void gather(const struct effects *e, long step, long in, real *j)
{
	const struct carried *c = e->carried;
	const struct node *n = &c->sentence->network->graph->node[c->meeting->node];
	long size = c->sentence->rows[n->side] * in;

	for (long h = 0; h < c->heads; h++)
		memcpy(j + h * in, c->at + h * size + e->trace->steps.position[step] * in,
			(size_t)in * sizeof *j);
}

/* dz [heads, count]: of the tokens, or of all */
static void change(const struct effects *e, const real *j, const long *token, long count,
	struct worker *w, real *dz)
{
	struct network *net = e->carried->sentence->network;
	int last = graph_logits(net->graph);
	long in = linear_inputs(net, last);

	if (!token) {
		matrix_forward(net, last, PLAIN, 1, e->carried->heads, j, 0, dz);
		return;
	}
	real *rows = pool_take(w->pool, (size_t)(count * in) * sizeof *rows);

	for (long k = 0; k < count; k++)
		network_weight_row(net, last, token[k], rows + k * in);
	gemm_transposed(e->carried->heads, count, in, j, in, rows, in, 0, dz, count);
	pool_give(w->pool, rows);
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

static void one_step(void *context, long i, real *z)
{
	const struct some_steps *some = context;
	const struct effects *e = some->effects;
	const struct network *net = e->carried->sentence->network;
	struct pool *pool = some->worker->pool;
	int last = graph_logits(net->graph);
	long in = linear_inputs(net, last), width = net->graph->node[last].width;
	long count = e->top > 0 && e->top < width ? e->top : width, heads = e->carried->heads;
	long *token = count < width ? pool_take(pool, (size_t)count * sizeof *token) : NULL;
	double *p = pool_take(pool, (size_t)count * sizeof *p);
	real *j = pool_take(pool, (size_t)(heads * in) * sizeof *j);
	real *dz = pool_take(pool, (size_t)(heads * count) * sizeof *dz);

	if (token)
		find_likeliest(z, width, count, token);
	probabilities(z, width, token, count, p);
	gather(e, some->first + i, in, j);
	change(e, j, token, count, some->worker, dz);
	take_slopes(net, count, z);
	for (long h = 0; h < heads; h++)
		centre(z, p, count, dz + h * count);
	e->visit(e->context, &(struct effect_step){ some->first + i, count, p, dz });
	pool_give(pool, dz);
	pool_give(pool, j);
	pool_give(pool, p);
	if (token)
		pool_give(pool, token);
}

static void run_steps(void *context, int job, int thread)
{
	const struct effects *e = context;
	struct some_steps some = { e, (long)job * STEPS, &e->workers->worker[thread] };
	const struct carried *c = e->carried;
	long left = e->trace->steps.count - some.first;

	arena_reset(&some.worker->arena);
	logits_run(c->sentence->network, e->value[c->meeting->node],
		e->trace->steps.position + some.first, left < STEPS ? left : STEPS, one_step, &some,
		&some.worker->arena);
}

void effect_steps(const struct carried *c, const struct trace *t, real *const *value, long top,
	const struct workers *w, void (*visit)(void *context, const struct effect_step *s),
	void *context)
{
	struct effects e = { c, t, value, top, w, visit, context };

	parallel(w->threads, (int)((t->steps.count + STEPS - 1) / STEPS), run_steps, &e);
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
