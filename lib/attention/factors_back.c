/* SPDX-License-Identifier: Apache-2.0 */
/* Relevance of outputs back to their factors: formula (5), four queries at a time. */
#include <string.h>

#include "attention/factors.h"
#include "tensor/vectorised.h"

enum { FOUR = 4 };

/* M of four queries, their outputs' relevance times p, and what their terms get. */
struct four {
	long terms, outputs; /* that are there for any of them, the outputs in whole vectors */
	long terms_room, outputs_room;
	real *m_u, *m_w; /* [FOUR, terms_room, outputs_room]; m_u NULL: the same */
	real *y;	 /* [FOUR, outputs_room] */
	real *to_u;	 /* [FOUR, terms_room] */
};

/* to_u[i,r] = sum_x M_u[i,r,x] y[i,x];  to_w[r,x] += sum_i M_w[i,r,x] y[i,x] */
ALWAYS_INLINE void hand_on(const struct four *f, real *restrict to_w, bool same, bool w_alone)
{
	const real *y0 = f->y, *y1 = y0 + f->outputs_room, *y2 = y1 + f->outputs_room,
		   *y3 = y2 + f->outputs_room;
	long size = f->terms_room * f->outputs_room;

	for (long r = 0; r < f->terms; r++, to_w += f->outputs_room) {
		const real *w0 = f->m_w + r * f->outputs_room, *w1 = w0 + size, *w2 = w1 + size,
			   *w3 = w2 + size;
		const real *u0 = (same ? f->m_w : f->m_u) + r * f->outputs_room, *u1 = u0 + size,
			   *u2 = u1 + size, *u3 = u2 + size;
		real a = 0, b = 0, c = 0, d = 0;

#pragma omp simd reduction(+ : a, b, c, d)
		for (long x = 0; x < f->outputs; x++) {
			real z0 = w0[x] * y0[x], z1 = w1[x] * y1[x], z2 = w2[x] * y2[x],
			     z3 = w3[x] * y3[x];

			to_w[x] += (z0 + z1) + (z2 + z3);
			a += w_alone ? 0 : same ? z0 : u0[x] * y0[x];
			b += w_alone ? 0 : same ? z1 : u1[x] * y1[x];
			c += w_alone ? 0 : same ? z2 : u2[x] * y2[x];
			d += w_alone ? 0 : same ? z3 : u3[x] * y3[x];
		}
		f->to_u[r] = a;
		f->to_u[f->terms_room + r] = b;
		f->to_u[2 * f->terms_room + r] = c;
		f->to_u[3 * f->terms_room + r] = d;
	}
}

VECTORISED
static void hand_on_four(const struct four *f, real *to_w, bool w_alone)
{
	if (w_alone)
		hand_on(f, to_w, true, true);
	else if (!f->m_u)
		hand_on(f, to_w, true, false);
	else
		hand_on(f, to_w, false, false);
}

/* The same for query i of them alone. */
VECTORISED
static void hand_on_one(const struct four *f, long i, real *restrict to_w)
{
	long size = f->terms_room * f->outputs_room;
	const real *y = f->y + i * f->outputs_room;

	for (long r = 0; r < f->terms; r++, to_w += f->outputs_room) {
		const real *w = f->m_w + i * size + r * f->outputs_room;
		const real *u = (f->m_u ? f->m_u : f->m_w) + i * size + r * f->outputs_room;
		real sum = 0;

#pragma omp simd reduction(+ : sum)
		for (long x = 0; x < f->outputs; x++) {
			to_w[x] += w[x] * y[x];
			sum += u[x] * y[x];
		}
		f->to_u[i * f->terms_room + r] = sum;
	}
}

/* What a sweep of one head needs. */
struct head_pass {
	struct block *block;
	struct factors *f;
	const int *to; /* rows of u for rows of outputs; NULL: the same */
	real *r_u;     /* NULL: nothing goes there */
	real *to_w;    /* [steps, terms_room, outputs_room] */
	int *row;      /* [steps, FOUR]: the row of a step at each query, -1: it has none */
	struct four four;
};

static struct four four_begin(const struct factors *f)
{
	size_t size = (size_t)(FOUR * f->terms_room * f->outputs_room) * sizeof(real);
	struct four x = { .terms_room = f->terms_room, .outputs_room = f->outputs_room };

	x.m_w = pool_take(f->pool, size);
	x.m_u = f->matrices == SHARED ? NULL : pool_take(f->pool, size);
	x.y = pool_take(f->pool, (size_t)(FOUR * (f->outputs_room + f->terms_room)) * sizeof(real));
	x.to_u = x.y + FOUR * f->outputs_room;
	return x;
}

static void four_end(const struct factors *f, const struct four *x)
{
	pool_give(f->pool, x->m_w);
	if (x->m_u)
		pool_give(f->pool, x->m_u);
	pool_give(f->pool, x->y);
}

/* The rows of each step at the queries from `first` on; how many rows there are. */
static long find_rows(const struct head_pass *p, long first, long count)
{
	const struct layout *l = block_layout(p->block, p->f->node);
	long rows = 0;

	memset(p->row, -1, (size_t)(p->block->steps * FOUR) * sizeof *p->row);
	for (long i = 0; i < count; i++)
		for (int at = l->first[first + i]; at < l->first[first + i + 1]; at++, rows++)
			p->row[(long)l->step[l->of_position[at]] * FOUR + i] = l->of_position[at];
	return rows;
}

/* What is lost of the relevance of a query's outputs. */
static void lose(const struct head_pass *p, long query, const real *r, long step)
{
	const struct factors *f = p->f;

	for (int k = 0; k < LOSSES; k++) {
		const real *lost = f->lost[k];
		double sum = 0;

		for (long x = 0; lost && x < factors_outputs(f, query); x++)
			sum += (double)lost[query * f->outputs_room + x] * r[x];
		p->block->lost[k][step] += sum;
	}
}

/* What reaches a masked head ends there: the share of its mean, or of zeros that of a bias which is
 * spread over them. A gradient is zero there. */
static void lose_all(const struct head_pass *p)
{
	const struct factors *f = p->f;
	const struct node *n = &f->sentence->network->graph->node[f->node];
	const struct layout *l = block_layout(p->block, f->node);
	bool bias = attention_of(n)->mean || f->sentence->rule->bias == SPREAD;
	double *lost = p->block->lost[bias ? LOST_BIAS : LOST_ZERO];

	for (long row = 0; !f->derivative && row < l->rows; row++)
		for (long x = 0; x < f->outputs; x++)
			lost[l->step[row]] +=
				p->block->relevance[f->node][row * f->out.length + f->out.head + x];
}

/* A step at four queries, or at those of them where it has rows. */
static void pass_step(const struct head_pass *p, long first, long step)
{
	const struct factors *f = p->f;
	const int *row = p->row + step * FOUR;
	const real *r = p->block->relevance[f->node] + f->out.head;
	real *to_w = p->to_w + step * f->terms_room * f->outputs_room;
	long rows = 0, last = 0;

	for (long i = 0; i < FOUR; i++)
		if (row[i] >= 0) {
			factors_scale(f, first + i, r + row[i] * f->out.length,
				p->four.y + i * f->outputs_room);
			lose(p, first + i, r + row[i] * f->out.length, step);
			rows++;
			last = i;
		} else {
			memset(p->four.y + i * f->outputs_room, 0,
				(size_t)f->outputs_room * sizeof(real));
		}
	if (rows == 1)
		hand_on_one(&p->four, last, to_w);
	else if (rows)
		hand_on_four(&p->four, to_w, f->w_alone);
	for (long i = 0; p->r_u && i < FOUR; i++)
		if (row[i] >= 0)
			factors_give_u(f, first + i, p->four.to_u + i * f->terms_room,
				p->r_u + (p->to ? p->to[row[i]] : row[i]) * f->in_u.length);
}

/* M of four queries, zero where there are no more. */
static void fill_four(struct head_pass *p, long first, long count)
{
	const struct factors *f = p->f;
	struct four *x = &p->four;
	long size = f->terms_room * f->outputs_room, last = first + count - 1;
	long outputs = factors_outputs(f, last);

	factors_share(p->f, first, count);
	x->terms = factors_terms(f, last);
	x->outputs = filled_up(outputs, WHOLE_OUTPUTS);
	for (long i = 0; i < FOUR; i++)
		if (i < count)
			factors_fill(f, first + i, x->terms, x->outputs,
				x->m_u ? x->m_u + i * size : NULL, x->m_w + i * size);
		else
			memset(x->m_w + i * size, 0, (size_t)size * sizeof(real));
	for (long i = count; x->m_u && i < FOUR; i++)
		memset(x->m_u + i * size, 0, (size_t)size * sizeof(real));
}

/* What arrived at the factor w, step by step. */
static void give_w(const struct head_pass *p, real *r_w)
{
	const struct factors *f = p->f;
	const struct node *n = &f->sentence->network->graph->node[f->node];
	const long *start = block_layout(p->block, n->input[1])->start;

	for (long step = 0; step < p->block->steps; step++)
		factors_give_w(f, start[step + 1] - start[step],
			p->to_w + step * f->terms_room * f->outputs_room,
			r_w + start[step] * f->in_w.length);
}

void factors_back(struct block *b, struct factors *f)
{
	const struct node *n = &f->sentence->network->graph->node[f->node];
	struct head_pass p = { .block = b,
		.f = f,
		.to = block_rows_in(b, f->node, n->input[0]),
		.r_u = f->w_alone ? NULL : block_input(b, n->input[0]),
		.four = four_begin(f) };
	real *r_w = block_input(b, n->input[1]);
	size_t size = (size_t)(b->steps * f->terms_room * f->outputs_room) * sizeof(real);

	p.to_w = pool_take(f->pool, size);
	p.row = pool_take(f->pool, (size_t)(b->steps * FOUR) * sizeof *p.row);
	for (long h = 0; h < node_heads(n); h++) {
		if (!factors_look(f, h)) {
			lose_all(&p);
			continue;
		}
		memset(p.to_w, 0, size);
		for (long i = 0; i < f->queries; i += FOUR) {
			long count = f->queries - i < FOUR ? f->queries - i : FOUR;

			if (!find_rows(&p, i, count))
				continue;
			fill_four(&p, i, count);
			for (long step = 0; step < b->steps; step++)
				pass_step(&p, i, step);
		}
		give_w(&p, r_w);
	}
	pool_give(f->pool, p.to_w);
	pool_give(f->pool, p.row);
	four_end(f, &p.four);
}
