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

	if (o->f->w_alone)
		*to_w = (real)t;
	else
		product_split(o->f->sentence->rule, t, o->u[term], o->w[term * o->f->outputs_room],
			to_u, to_w, lost);
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

/* y[queries, outputs_room] = u w */
static real *sums_of(const struct factors *f)
{
	real *y = pool_take(f->pool, (size_t)(f->queries * f->outputs_room) * sizeof *y);

	gemm(f->queries, f->outputs_room, f->terms_room, f->u, f->terms_room, f->w, f->outputs_room,
		0, y, f->outputs_room);
	return y;
}

static double bias_of(const struct factors *f, long query, long x)
{
	return f->bias ? f->bias(f->sentence, f->node, query, f->head, x) : 0;
}

/* Room for coefficient k of all outputs. */
static void begin(struct sentence *s, const struct factors *f, int k)
{
	s->shares[f->node].coefficient[k] =
		arena_zero(s->arena, (size_t)(f->queries * f->out.length), sizeof(real));
}

/* Those of one query at once, where that is enough (shares_of_many()). */
static bool prepare_query(struct sentence *s, const struct factors *f, long query, const real *sum)
{
	long outputs = factors_outputs(f, query), first = query * f->out.length + f->out.head;
	real *p = s->shares[f->node].coefficient[0] + first;
	real *bias = f->bias ? pool_take(f->pool, (size_t)outputs * sizeof *bias) : NULL;

	for (long x = 0; x < outputs; x++)
		p[x] = (real)f->scale * sum[x];
	for (long x = 0; bias && x < outputs; x++)
		bias[x] = (real)bias_of(f, query, x);
	bool good = shares_of_many(s, f->node, f->queries * f->out.length, first, outputs, p, bias);

	for (long x = 0; good && x < outputs; x++)
		p[x] *= (real)f->scale;
	if (bias)
		pool_give(f->pool, bias);
	return good;
}

/* Coefficients of a head by the rule. */
static void prepare_head(struct sentence *s, const struct factors *f)
{
	const struct rule *rule = s->rule;
	struct shares *shares = &s->shares[f->node];
	real *sum = f->matrices == SHARED ? sums_of(f) : NULL;
	long row = f->out.length;

	for (long i = 0; i < f->queries; i++) {
		if (sum && prepare_query(s, f, i, sum + i * f->outputs_room))
			continue;
		for (long x = 0; x < factors_outputs(f, i); x++) {
			long at = i * row + f->out.head + x;
			double bias = bias_of(f, i, x);
			struct shared_output o = output_of(f, i, x, bias);
			struct coefficients c =
				sum ? shares_of_sums(rule, rule->contribution,
					      f->scale * sum[i * f->outputs_room + x], 0, bias)
				    : coefficients_of(&o, factors_terms(f, i), bias);

			shares->coefficient[0][at] = (real)(sum ? f->scale * c.p : c.p);
			if (!sum)
				shares->coefficient[1][at] = (real)c.n;
			shares_note_lost(s, f->node, f->queries * row, at, &c);
		}
	}
	if (sum)
		pool_give(f->pool, sum);
}

/* What reaches a masked head ends there: the share of its mean, or of zeros that of a bias which is
 * spread over them. */
static void lose_head(struct sentence *s, const struct factors *f)
{
	const struct attention *set = attention_of(&s->network->graph->node[f->node]);
	enum loss loss = set->mean || s->rule->bias == SPREAD ? LOST_BIAS : LOST_ZERO;
	long row = f->out.length;

	for (long i = 0; i < f->queries; i++)
		for (long x = 0; x < f->outputs; x++)
			shares_lose(
				s, f->node, f->queries * row, i * row + f->out.head + x, loss, 1);
}

/* Of a capped score the slope, c (1 - tanh^2(y / C)). */
static void prepare_slopes(struct sentence *s, const struct factors *f, double cap)
{
	real *sum = sums_of(f), *p = s->shares[f->node].coefficient[0] + f->out.head;

	for (long i = 0; i < f->queries; i++)
		for (long x = 0; x < factors_outputs(f, i); x++) {
			double y = f->scale * sum[i * f->outputs_room + x] + bias_of(f, i, x);
			double t = tanh(y / cap);

			p[i * f->out.length + x] = (real)(f->scale * (1 - t * t));
		}
	pool_give(f->pool, sum);
}

void factors_prepare(struct sentence *s, struct factors *f)
{
	const struct node *n = &s->network->graph->node[f->node];
	double cap = f->scores ? attention_of(n)->cap : 0;
	bool slopes = f->matrices == SLOPES;

	if (!slopes || cap != 0)
		begin(s, f, 0);
	if (f->matrices == WRITTEN)
		begin(s, f, 1);
	for (long h = 0; h < node_heads(n); h++)
		if (!factors_look(f, h)) {
			if (!f->derivative)
				lose_head(s, f);
		} else if (slopes && cap != 0)
			prepare_slopes(s, f, cap);
		else if (!slopes)
			prepare_head(s, f);
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
	const struct shares *shares = &f->sentence->shares[f->node];
	long at = query * f->out.length + f->out.head, room = f->outputs_room;
	double lost[LOSSES] = { 0 };

	for (long x = 0; x < outputs; x++) {
		bool there = x < f->outputs;
		struct shared_output o = output_of(f, query, x, there ? bias_of(f, query, x) : 0);
		struct coefficients c = { there ? shares->coefficient[0][at + x] : 0,
			there ? shares->coefficient[1][at + x] : 0, { 0 } };

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
