/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "engine/effect.h"
#include "engine/heads_run.h"
#include "network/gemm.h"
#include "stream/left_out.h"

/* One sentence's steps on their way into the sums. */
struct adding {
	const struct heads_task *task;
	struct interactions *to;
	const long *place; /* [heads]: of each carried head among those of the sums */
	pthread_mutex_t lock;
};

/* y[v] = p[v] x[v] of each head: [heads, count] */
static void weigh(const struct effect_step *s, long heads, real *y)
{
	for (long h = 0; h < heads; h++)
		for (long v = 0; v < s->count; v++)
			y[h * s->count + v] = (real)(s->p[v] * s->x[h * s->count + v]);
}

/* first[h] = -sum_v (p[v] - q[v]) x[h,v] */
static void find_first(const struct adding *x, const struct effect_step *s, double *first)
{
	for (long h = 0; h < x->to->heads; h++) {
		double sum = 0;

		for (long v = 0; v < s->count; v++)
			sum += (s->p[v] - s->q[v]) * s->x[h * s->count + v];
		first[x->place[h]] = -sum;
	}
}

/* g[h,k] = sum_v p[v] x[h,v] x[k,v] of one step */
static void add_step(void *context, const struct effect_step *s)
{
	struct adding *x = context;
	long n = x->to->heads;
	real *y = pool_take(s->pool, (size_t)(n * s->count) * sizeof *y);
	real *product = pool_take(s->pool, (size_t)(n * n) * sizeof *product);
	double *g = pool_take(s->pool, (size_t)(n * n) * sizeof *g);
	double *first = pool_take(s->pool, (size_t)n * sizeof *first);

	weigh(s, n, y);
	gemm_transposed(n, n, s->count, y, s->count, s->x, s->count, 0, product, n);
	for (long h = 0; h < n; h++)
		for (long k = 0; k <= h; k++)
			g[x->place[h] * n + x->place[k]] = g[x->place[k] * n + x->place[h]] =
				product[h * n + k];
	if (s->q)
		find_first(x, s, first);
	pthread_mutex_lock(&x->lock); /* exact sums do not depend on who comes first */
	interactions_add(x->to, g, s->q ? first : NULL, s->kl);
	pthread_mutex_unlock(&x->lock);
	pool_give(s->pool, first);
	pool_give(s->pool, g);
	pool_give(s->pool, product);
	pool_give(s->pool, y);
}

/* Which steps of its sentence a trace has. */
static struct drawn drawn_of(const struct trace *t)
{
	if (trace_is_drawn(t))
		return (struct drawn){ 0, t->steps.count, t->steps.count, t->of, t->step };
	return (struct drawn){ .first = t->first_step, .rows = t->steps.count };
}

static long *place_heads(const struct heads_task *t, struct interactions *to, struct arena *a)
{
	const struct carried *c = t->carried;
	struct named_head *head = arena_array(a, (size_t)c->heads, sizeof *head);
	long *place = arena_array(a, (size_t)c->heads, sizeof *place);

	for (int h = 0; h < c->heads; h++)
		head[h] = (struct named_head){ c->sentence->network->graph->node[c->site[h]].name,
			c->number[h] };
	interactions_heads(to, head, c->heads, place);
	return place;
}

void heads_interact(struct heads_run *h, const struct record *r, struct against *against,
	struct interactions *to)
{
	struct heads_task *t = heads_carry(h, r);
	const struct graph *g = h->asked.graph;
	struct adding x = { t, to, place_heads(t, to, r->arena), PTHREAD_MUTEX_INITIALIZER };
	struct drawn drawn = drawn_of(&t->trace);

	to->against = against != NULL;
	if (against)
		against_take(against, &t->trace, g->node[graph_logits(g)].width);
	interactions_begin(to, record_int(r, "sentence"), &drawn, cut_is(r));
	effect_steps(t, against, add_step, &x);
}
