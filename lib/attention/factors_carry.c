/* SPDX-License-Identifier: Apache-2.0 */
/* Heads from factors forward to the outputs: formula (9), four terms at a time. */
#include <string.h>

#include "attention/factors.h"
#include "tensor/vectorised.h"

/* out[x] += sum_r M_u[r,x] h_u[r] + M_w[r,x] h_w[r,x], M_u = M_w = T */
VECTORISED
static void gather_shared(long terms, long outputs, long room, const real *t, const real *h_u,
	const real *h_w, real *restrict out)
{
	for (long r = 0; r < terms; r += 4, t += 4 * room, h_w += 4 * room) {
		const real *t1 = t + room, *t2 = t1 + room, *t3 = t2 + room;
		const real *w1 = h_w + room, *w2 = w1 + room, *w3 = w2 + room;
		real a = h_u[r], b = h_u[r + 1], c = h_u[r + 2], d = h_u[r + 3];

#pragma omp simd
		for (long x = 0; x < outputs; x++)
			out[x] += (t[x] * (a + h_w[x]) + t1[x] * (b + w1[x])) +
				  (t2[x] * (c + w2[x]) + t3[x] * (d + w3[x]));
	}
}

VECTORISED
static void gather_apart(long terms, long outputs, long room, const real *m_u, const real *m_w,
	const real *h_u, const real *h_w, real *restrict out)
{
	for (long r = 0; r < terms; r++, m_u += room, m_w += room, h_w += room)
#pragma omp simd
		for (long x = 0; x < outputs; x++)
			out[x] += m_u[x] * h_u[r] + m_w[x] * h_w[x];
}

/* The heads that are carried, at the factors of one head of attention; NULL slots are zeros. */
struct carried_factors {
	struct carry *carry;
	struct factors *f;
	real *h_u; /* [terms_room]: of a query, times f_u */
	real *h_w; /* [heads, terms_room, outputs_room], times f_w */
	real *m_u, *m_w, *out;
};

/* The heads at the factor w. */
static void take_w(const struct carried_factors *c, int k)
{
	const struct factors *f = c->f;
	int input = f->sentence->network->graph->node[f->node].input[1];
	const real *h = carry_slot(c->carry, input, k);
	real *to = c->h_w + k * f->terms_room * f->outputs_room;

	if (h)
		factors_take_w(f, f->scores ? f->outputs : f->terms, h, to);
	else
		memset(to, 0, (size_t)(f->terms_room * f->outputs_room) * sizeof *to);
}

static void take_u(const struct carried_factors *c, int k, long query)
{
	const struct factors *f = c->f;
	int input = f->sentence->network->graph->node[f->node].input[0];
	const real *h = f->w_alone ? NULL : carry_slot(c->carry, input, k);

	if (h)
		factors_take_u(f, query, h + query * f->in_u.length, c->h_u);
	else
		memset(c->h_u, 0, (size_t)f->terms_room * sizeof *c->h_u);
}

/* H of a query's outputs, times p. */
static void put(const struct carried_factors *c, int k, long query)
{
	const struct factors *f = c->f;
	real *h = carry_slot(c->carry, f->node, k) + query * f->out.length + f->out.head;

	factors_scale(f, query, c->out, c->out);
	memcpy(h, c->out, (size_t)factors_outputs(f, query) * sizeof *h);
}

static void carry_query(const struct carried_factors *c, long query)
{
	const struct factors *f = c->f;
	long terms = filled_up(factors_terms(f, query), WHOLE_TERMS), room = f->outputs_room;
	long outputs = filled_up(factors_outputs(f, query), WHOLE_OUTPUTS);

	factors_fill(f, query, terms, outputs, c->m_u, c->m_w);
	for (int k = 0; k < c->carry->heads; k++) {
		const real *h_w = c->h_w + k * f->terms_room * room;

		if (c->carry->slot[f->node][k] < 0)
			continue;
		take_u(c, k, query);
		memset(c->out, 0, (size_t)outputs * sizeof *c->out);
		if (f->matrices == SHARED)
			gather_shared(terms, outputs, room, c->m_w, c->h_u, h_w, c->out);
		else
			gather_apart(terms, outputs, room, c->m_u, c->m_w, c->h_u, h_w, c->out);
		put(c, k, query);
	}
}

void factors_carry(struct carry *carry, struct factors *f)
{
	const struct node *n = &f->sentence->network->graph->node[f->node];
	size_t size = (size_t)(f->terms_room * f->outputs_room) * sizeof(real);
	struct carried_factors c = { .carry = carry, .f = f };

	c.h_w = pool_take(f->pool, (size_t)carry->heads * size);
	c.m_u = pool_take(f->pool, 2 * size);
	c.m_w = c.m_u + size / sizeof(real);
	c.h_u = pool_take(f->pool, (size_t)(f->terms_room + f->outputs_room) * sizeof(real));
	c.out = c.h_u + f->terms_room;
	carry_zero(carry, f->node);
	for (long h = 0; h < node_heads(n); h++) {
		if (!factors_look(f, h))
			continue;
		for (int k = 0; k < carry->heads; k++)
			take_w(&c, k);
		for (long i = 0; i < f->queries; i++) {
			factors_share(f, i, 1);
			carry_query(&c, i);
		}
	}
	pool_give(f->pool, c.h_w);
	pool_give(f->pool, c.m_u);
	pool_give(f->pool, c.h_u);
}
