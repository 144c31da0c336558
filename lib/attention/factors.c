/* SPDX-License-Identifier: Apache-2.0 */
#include "attention/factors.h"

#include <string.h>

#include "network/part.h"
#include "network/product.h"
#include "tensor/vectorised.h"

static const struct node *node_of(const struct factors *f)
{
	return &f->sentence->network->graph->node[f->node];
}

/* Shares in one matrix for both factors? A bias may count as one more contribution, or not at all
 * where sizes show whether it is alone. */
static bool is_shared(const struct rule *r, bool w_alone, bool bias)
{
	if (r->contribution != MAGNITUDE && r->contribution != RATIO)
		return false;
	if (bias && (r->bias == SPREAD || (r->bias == EXCLUDE && r->contribution == RATIO)))
		return false;
	return product_is_magnitude(r) || w_alone || product_rule(r) == HALF;
}

struct factors factors_begin(const struct sentence *s, int node, struct pool *pool, double scale,
	bias_function *bias, bool slopes)
{
	const struct graph *g = s->network->graph;
	const struct node *n = &g->node[node];
	const struct rule *r = s->rule;
	struct factors f = { .sentence = s, .node = node, .scale = scale, .bias = bias };
	long keys = s->rows[node_keys(n)];

	f.scores = node_is_pairs(n);
	f.queries = s->rows[n->side];
	long neurons = (f.scores ? g->node[n->input[0]].width : n->width) / node_heads(n);

	f.terms = f.scores ? neurons : keys;
	f.outputs = f.scores ? keys : neurons;
	f.terms_room = filled_up(f.terms, WHOLE_TERMS);
	f.outputs_room = filled_up(f.outputs, WHOLE_OUTPUTS);
	f.derivative = slopes;
	f.w_alone = r->attention == CONSTANT && !f.scores;
	f.matrices = slopes || (r->averaged && !f.scores) ? SLOPES
		     : is_shared(r, f.w_alone, bias)	  ? SHARED
							  : WRITTEN;
	f.own = f.w_alone ? OWN_ONE : product_rule(r) == HALF ? OWN_HALF : OWN_SIZE;
	f.pool = pool;
	f.out.length = f.outputs * node_heads(n);
	f.in_u.length = f.terms * node_heads(n);
	f.in_w.length = neurons * key_heads(attention_of(n));
	long *seen = pool_take(pool, (size_t)f.queries * sizeof *seen);
	for (long i = 0; i < f.queries; i++)
		seen[i] = keys_seen(attention_of(n), i, keys);
	f.seen = seen;
	f.u = pool_take(pool, (size_t)(f.queries * f.terms_room) * sizeof(real));
	f.w = pool_take(pool, (size_t)(f.terms_room * f.outputs_room) * sizeof(real));
	f.p = pool_take(pool, (size_t)(f.queries * f.outputs_room) * sizeof(real));
	if (f.matrices == WRITTEN)
		f.n = pool_take(pool, (size_t)(f.queries * f.outputs_room) * sizeof(real));
	return f;
}

void factors_end(struct factors *f)
{
	pool_give(f->pool, f->u);
	pool_give(f->pool, f->w);
	pool_give(f->pool, f->seen);
	pool_give(f->pool, f->p);
	if (f->n)
		pool_give(f->pool, f->n);
	for (int k = 0; k < LOSSES; k++)
		if (f->lost[k])
			pool_give(f->pool, f->lost[k]);
}

/* Values of a head's queries, or its attention weights: [heads, queries, keys]. */
static const real *u_values(const struct factors *f, long query)
{
	const real *u = f->sentence->value[node_of(f)->input[0]];

	return f->scores ? u + query * f->in_u.length + f->in_u.head
			 : u + (f->head * f->queries + query) * f->terms;
}

/* y[c, r] = x[r, c], rows of x and of y so far apart */
VECTORISED
static void transpose(long rows, long columns, const real *x, long ldx, real *restrict y, long ldy)
{
	for (long r = 0; r < rows; r++)
		for (long c = 0; c < columns; c++)
			y[c * ldy + r] = x[r * ldx + c];
}

/* x[r, c] += y[c, r] */
VECTORISED
static void add_transposed(
	long rows, long columns, const real *y, long ldy, real *restrict x, long ldx)
{
	for (long r = 0; r < rows; r++)
		for (long c = 0; c < columns; c++)
			x[r * ldx + c] += y[c * ldy + r];
}

static void add_rows(long rows, long columns, const real *y, long ldy, real *restrict x, long ldx)
{
	for (long r = 0; r < rows; r++)
		for (long c = 0; c < columns; c++)
			x[r * ldx + c] += y[r * ldy + c];
}

/* y f for all numbers of the factor w. */
VECTORISED
static void times_own(const struct factors *f, const real *y, real *to)
{
	long count = f->terms_room * f->outputs_room;

	if (f->matrices == SHARED && f->own == OWN_SIZE)
		for (long i = 0; i < count; i++)
			to[i] = y[i] * f->w[i];
	else if (f->matrices == SHARED && f->own == OWN_HALF)
		for (long i = 0; i < count; i++)
			to[i] = y[i] / 2;
	else if (to != y)
		memcpy(to, y, (size_t)count * sizeof *to);
}

static void place_w(const struct factors *f, long keys, const real *x, real *y)
{
	long neurons = f->scores ? f->terms : f->outputs;

	memset(y, 0, (size_t)(f->terms_room * f->outputs_room) * sizeof *y);
	if (f->scores)
		transpose(keys, neurons, x + f->in_w.head, f->in_w.length, y, f->outputs_room);
	else
		for (long r = 0; r < keys; r++)
			memcpy(y + r * f->outputs_room, x + r * f->in_w.length + f->in_w.head,
				(size_t)neurons * sizeof *y);
}

void factors_take_w(const struct factors *f, long keys, const real *x, real *y)
{
	place_w(f, keys, x, y);
	times_own(f, y, y);
}

void factors_give_w(const struct factors *f, long keys, const real *y, real *x)
{
	real *own = pool_take(f->pool, (size_t)(f->terms_room * f->outputs_room) * sizeof *own);

	times_own(f, y, own);
	if (f->scores)
		add_transposed(
			keys, f->terms, own, f->outputs_room, x + f->in_w.head, f->in_w.length);
	else
		add_rows(keys, f->outputs, own, f->outputs_room, x + f->in_w.head, f->in_w.length);
	pool_give(f->pool, own);
}

/* f_u of a number of u. */
static real own_u(const struct factors *f, real u)
{
	if (f->matrices != SHARED)
		return 1;
	return f->own == OWN_SIZE ? u : f->own == OWN_HALF ? (real)0.5 : 1;
}

void factors_take_u(const struct factors *f, long query, const real *x, real *y)
{
	const real *u = f->u + query * f->terms_room;
	long terms = factors_terms(f, query);

	for (long r = 0; r < terms; r++)
		y[r] = x[f->in_u.head + r] * own_u(f, u[r]);
	memset(y + terms, 0, (size_t)(f->terms_room - terms) * sizeof *y);
}

void factors_give_u(const struct factors *f, long query, const real *y, real *x)
{
	const real *u = f->u + query * f->terms_room;
	long terms = factors_terms(f, query);

	for (long r = 0; r < terms; r++)
		x[f->in_u.head + r] += y[r] * own_u(f, u[r]);
}

VECTORISED
void factors_scale(const struct factors *f, long query, const real *x, real *y)
{
	const real *p = f->p + query * f->outputs_room;

	if (f->matrices == WRITTEN)
		memmove(y, x, (size_t)f->outputs * sizeof *y);
	else
		for (long i = 0; i < f->outputs; i++)
			y[i] = x[i] * p[i];
	memset(y + f->outputs, 0, (size_t)(f->outputs_room - f->outputs) * sizeof *y);
}

bool factors_look(struct factors *f, long head)
{
	const struct node *n = node_of(f);
	const struct attention *set = attention_of(n);

	f->head = head;
	f->out.head = head * f->outputs;
	f->in_u.head = head * f->terms;
	f->in_w.head = key_head(set, head) * (f->scores ? f->terms : f->outputs);
	if (!f->scores && set->masked && set->masked[head])
		return false;
	memset(f->u, 0, (size_t)(f->queries * f->terms_room) * sizeof(real));
	for (long i = 0; i < f->queries; i++)
		memcpy(f->u + i * f->terms_room, u_values(f, i),
			(size_t)factors_terms(f, i) * sizeof(real));
	place_w(f, f->scores ? f->outputs : f->terms, f->sentence->value[n->input[1]], f->w);
	if (f->matrices == SHARED && f->sentence->rule->contribution == MAGNITUDE) {
		part_take(f->u, SIZE, (size_t)(f->queries * f->terms_room), f->u);
		part_take(f->w, SIZE, (size_t)(f->terms_room * f->outputs_room), f->w);
	}
	return true;
}
