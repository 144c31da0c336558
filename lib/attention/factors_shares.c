/* SPDX-License-Identifier: Apache-2.0 */
/* What each output shares out: its coefficients, and the matrices M of struct factors. */
#include <math.h>
#include <string.h>

#include "attention/factors.h"
#include "network/gemm.h"
#include "network/product.h"
#include "tensor/vectorised.h"

/* All shares of one output, written out. */
struct shared_output {
	const struct factors *f;
	const real *u, *w; /* [terms], [terms, outputs_room] */
	double spread;	   /* what each contribution has of the bias */
};

static double contribution(const struct shared_output *o, long term)
{
	return o->f->scale * o->u[term] * o->w[term * o->f->outputs_room] + o->spread;
}

static struct shared_output output_of(const struct factors *f, long query, long x, double bias)
{
	bool spread = f->sentence->rule->bias == SPREAD;

	return (struct shared_output){ f, f->u + query * f->terms_room, f->w + x,
		spread ? bias / (double)f->terms : 0 };
}

/* What the term's factors get of the output's relevance, and what is lost between them. */
static void split(const struct shared_output *o, const struct coefficients *c, long term,
	real *to_u, real *to_w, double lost[LOSSES])
{
	double t = share_of(c, contribution(o, term));

	if (o->f->w_alone) {
		*to_u = 0;
		*to_w = (real)t;
	} else {
		product_split(o->f->sentence->rule, t, o->u[term], o->w[term * o->f->outputs_room],
			to_u, to_w, lost);
	}
}

static struct coefficients coefficients_of(const struct shared_output *o, long terms, double bias)
{
	const struct rule *rule = o->f->sentence->rule;
	double positive = 0, negative = 0;
	real to_u, to_w;

	for (long r = 0; r < terms; r++) {
		double z = contribution(o, r);

		positive += z > 0 ? z : 0;
		negative += z < 0 ? z : 0;
	}
	struct coefficients c = shares_of_sums(rule, rule->contribution, positive, negative, bias);
	struct coefficients all = c;

	for (long r = 0; r < terms; r++)
		split(o, &c, r, &to_u, &to_w, all.lost);
	return all;
}

static double bias_of(const struct factors *f, long query, long x)
{
	return f->bias ? f->bias(f->sentence, f->node, query, f->head, x) : 0;
}

/* Room for a loss at each output of the head, zero where nothing was written. */
static real *room_for(struct factors *f, enum loss loss)
{
	size_t size = (size_t)(f->queries * f->outputs_room) * sizeof(real);

	if (!f->lost[loss])
		f->lost[loss] = memset(pool_take(f->pool, size), 0, size);
	return f->lost[loss];
}

/* Shares of one output by itself, whose contributions add up to `sum` where that is known. */
static void share_one(struct factors *f, long query, long x, const real *sum)
{
	const struct rule *rule = f->sentence->rule;
	long at = query * f->outputs_room + x;
	double bias = bias_of(f, query, x);
	struct shared_output o = output_of(f, query, x, bias);
	struct coefficients c = sum ? shares_of_sums(rule, rule->contribution, *sum, 0, bias)
				    : coefficients_of(&o, factors_terms(f, query), bias);

	double scale = rule->contribution == MAGNITUDE ? fabs(f->scale) : f->scale;

	f->p[at] = (real)(sum ? scale * c.p : c.p);
	if (!sum)
		f->n[at] = (real)c.n;
	shares_note_bias(f->sentence, f->node, c.lost);
	for (int k = 0; k < LOSSES; k++)
		if (c.lost[k] != 0)
			room_for(f, (enum loss)k)[at] = (real)c.lost[k];
}

/* SHARED: those of a query, whose p has the sums so far. */
static void share_query(struct factors *f, long query)
{
	const struct rule *rule = f->sentence->rule;
	long outputs = factors_outputs(f, query), first = query * f->outputs_room;
	real *p = f->p + first;
	bool counts = f->bias && rule->bias == ABSORB;
	real *bias = counts ? pool_take(f->pool, (size_t)outputs * sizeof *bias) : NULL;
	real scale = (real)(rule->contribution == MAGNITUDE ? fabs(f->scale) : f->scale);

	for (long x = 0; x < outputs; x++)
		p[x] *= scale;
	for (long x = 0; bias && x < outputs; x++)
		bias[x] = (real)bias_of(f, query, x);
	if (shares_of_many(rule, outputs, p, bias, bias ? room_for(f, LOST_BIAS) + first : NULL,
		    rule->eps != 0 ? room_for(f, LOST_EPS) + first : NULL))
		for (long x = 0; x < outputs; x++)
			p[x] *= scale;
	else
		for (long x = 0; x < outputs; x++) {
			real sum = p[x];

			share_one(f, query, x, &sum);
		}
	if (bias)
		pool_give(f->pool, bias);
}

/* Of a capped score the slope, c (1 - tanh^2(y / C)), where p has the sums so far. */
static void slope_query(struct factors *f, long query, double cap)
{
	real *p = f->p + query * f->outputs_room;

	for (long x = 0; x < factors_outputs(f, query); x++) {
		double t = tanh((f->scale * p[x] + bias_of(f, query, x)) / cap);

		p[x] = (real)(f->scale * (1 - t * t));
	}
}

/* p where nothing is known of the outputs but c. */
static void share_alike(struct factors *f, long query)
{
	for (long x = 0; x < f->outputs_room; x++)
		f->p[query * f->outputs_room + x] = (real)f->scale;
}

static void share_outputs(struct factors *f, long query, double cap)
{
	long outputs = factors_outputs(f, query), room = f->outputs_room, at = query * room;

	if (f->matrices == SHARED)
		share_query(f, query);
	else if (f->matrices == SLOPES)
		slope_query(f, query, cap);
	else
		for (long x = 0; x < outputs; x++)
			share_one(f, query, x, NULL);
	for (long x = outputs; x < room; x++)
		f->p[at + x] = 0;
	for (long x = outputs; f->n && x < room; x++)
		f->n[at + x] = 0;
}

void factors_share(struct factors *f, long first, long count)
{
	const struct node *n = &f->sentence->network->graph->node[f->node];
	double cap = f->scores ? attention_of(n)->cap : 0;
	long room = f->outputs_room;
	bool alike = f->matrices == SLOPES && cap == 0;

	for (int k = 0; k < LOSSES; k++)
		if (f->lost[k])
			memset(f->lost[k] + first * room, 0, (size_t)(count * room) * sizeof(real));
	if (f->matrices != WRITTEN && !alike)
		gemm_small(count, room, f->terms_room, f->u + first * f->terms_room, f->terms_room,
			f->w, room, f->p + first * room, room);
	for (long i = first; i < first + count; i++)
		if (alike)
			share_alike(f, i);
		else
			share_outputs(f, i, cap);
}

/* T = |u| |w| / (|u| + |w|), of sizes */
VECTORISED
static void fill_magnitude(
	const real *u, const real *w, long terms, long outputs, long room, real *restrict t)
{
	for (long r = 0; r < terms; r++, w += room, t += room)
		for (long x = 0; x < outputs; x++) {
			real sum = u[r] + w[x];

			t[x] = u[r] * w[x] / (sum > 0 ? sum : 1);
		}
}

/* T = u w */
VECTORISED
static void fill_product(
	const real *u, const real *w, long terms, long outputs, long room, real *restrict t)
{
	for (long r = 0; r < terms; r++, w += room, t += room)
		for (long x = 0; x < outputs; x++)
			t[x] = u[r] * w[x];
}

static void fill_slopes(const real *u, const real *w, long terms, long outputs, long room,
	real *restrict m_u, real *restrict m_w)
{
	for (long r = 0; r < terms; r++)
		for (long x = 0; x < outputs; x++) {
			m_u[r * room + x] = w[r * room + x];
			m_w[r * room + x] = u[r];
		}
}

static void fill_written(
	const struct factors *f, long query, long terms, long outputs, real *m_u, real *m_w)
{
	long at = query * f->outputs_room, room = f->outputs_room;
	double lost[LOSSES] = { 0 };

	for (long x = 0; x < outputs; x++) {
		struct shared_output o =
			output_of(f, query, x, x < f->outputs ? bias_of(f, query, x) : 0);
		struct coefficients c = { f->p[at + x], f->n[at + x], { 0 } };

		for (long r = 0; r < terms; r++)
			if (r < f->terms)
				split(&o, &c, r, &m_u[r * room + x], &m_w[r * room + x], lost);
			else
				m_u[r * room + x] = m_w[r * room + x] = 0;
	}
}

void factors_fill(
	const struct factors *f, long query, long terms, long outputs, real *m_u, real *m_w)
{
	const real *u = f->u + query * f->terms_room;

	if (f->matrices == WRITTEN)
		fill_written(f, query, terms, outputs, m_u, m_w);
	else if (f->matrices == SLOPES)
		fill_slopes(u, f->w, terms, outputs, f->outputs_room, m_u, m_w);
	else if (f->own == OWN_SIZE)
		fill_magnitude(u, f->w, terms, outputs, f->outputs_room, m_w);
	else
		fill_product(u, f->w, terms, outputs, f->outputs_room, m_w);
}
