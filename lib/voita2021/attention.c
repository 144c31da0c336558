/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule voita2021: attention. One head's context vectors o_ic = sum_j A_ij v_jc as a function of its
 * queries, keys and values (voita2021/voita.h has the rule). With q scaled as in the scores and
 *
 *     a_ijc = A_ij (v_jc - o_ic),    m_ije = q_ie k_je,    B_ice = sum_j a_ijc k_je
 *
 * the contributions to o_ic are q_ie B_ice of q_ie, a_ijc m_ije of k_je and A_ij v_jc of v_jc. The
 * sums in T need sums over e alone, as (a m)^+ = a^+ m^+ + a^- m^- and (a m)^- = a^+ m^- + a^- m^+:
 *
 *     P_ic = sum_e (q_ie B_ice)^+ + sum_j a^+ (sum_e m^+) + a^- (sum_e m^-) + sum_j (A_ij v_jc)^+
 *
 * and N_ic likewise. With T's p_ic, n_ic made of them, and R_ic that is handed on:
 *
 *     R_q[i,e] = sum_c R_ic T(q_ie B_ice)
 *     R_k[j,e] = k^+_je sum_i (alpha_ij q^+_ie + beta_ij q^-_ie)
 *              + k^-_je sum_i (alpha_ij q^-_ie + beta_ij q^+_ie)
 *                with alpha_ij = sum_c R_ic (p_ic a^+ + n_ic a^-),
 *                     beta_ij  = sum_c R_ic (p_ic a^- + n_ic a^+)
 *     R_v[j,c] = v^+_jc sum_i A_ij R_ic p_ic + v^-_jc sum_i A_ij R_ic n_ic
 *
 * Masked   a head that is switched off hands nothing on; the last rescale gives that to the others
 * Rescale  R_q, R_k, R_v of a head to its sum of R, then all heads' to the sum of all R
 */
#include <string.h>

#include "network/gemm.h"
#include "tensor/vectorised.h"
#include "voita2021/attention.h"
#include "voita2021/dense.h"

/* One head; c, e, x count its neurons, i queries, j keys. */
struct head {
	const struct layout *l;		     /* of the queries */
	long queries, keys, e, width, first; /* first: the head's first neuron */
	const struct attention *attention;
	double eps;
	const real *a, *o, *k; /* A [i, j]; context [i, c] and keys [j, e], rows `width` apart */
	real *q, *q_parts;     /* q [i, e], scaled; q^+, q^- and again q^+ [3 e, i] */
	real *k_columns, *v_columns, *a_columns; /* k and v [e, j], A [j, i] */

	/* of one query */
	real *slope;			 /* a [c, j] */
	real *more, *less;		 /* sum_e m^+ and m^- [j] */
	real *p, *n, *lost;		 /* [c] */
	real *to_q, *to_alpha, *to_beta; /* transitions [c, e], [c, j], [c, j] */
	real *rows, *product; /* R of all its rows [rows, c], and that times a transition */

	/* of all rows of l, step by step */
	real *r_p, *r_n, *alpha, *beta; /* R p, R n [rows, c]; [rows, j] */
	real *sums;			/* of one step: [2 e, j] */
};

/* The arrays of a head, one after another from `buffer` on. Returns their size; NULL: only that. */
static long place(struct head *h, real *buffer, long steps)
{
	long e = h->e, keys = h->keys, queries = h->queries, rows = h->l->rows, size = 0;
	struct {
		real **array;
		long count;
	} all[] = { { &h->q, queries * e }, { &h->q_parts, 3 * e * queries },
		{ &h->k_columns, e * keys }, { &h->v_columns, e * keys },
		{ &h->a_columns, keys * queries }, { &h->slope, e * keys }, { &h->more, keys },
		{ &h->less, keys }, { &h->p, e }, { &h->n, e }, { &h->lost, e },
		{ &h->to_q, e * e }, { &h->to_alpha, e * keys }, { &h->to_beta, e * keys },
		{ &h->rows, steps * e }, { &h->product, steps * (keys > e ? keys : e) },
		{ &h->r_p, rows * e }, { &h->r_n, rows * e }, { &h->alpha, rows * keys },
		{ &h->beta, rows * keys }, { &h->sums, 2 * e * keys } };

	for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
		if (buffer)
			*all[k].array = buffer + size;
		size += (all[k].count + 15) / 16 * 16;
	}
	return size;
}

/* Queries, keys, values and weights of one head, as the products need them. */
static void arrange(struct head *h, const struct sentence *s, const struct stage *st, long head)
{
	const struct node *scores = &s->network->graph->node[st->scores];
	const real *q = s->value[st->q] + h->first, *v = s->value[st->v] + h->first;
	real scale = (real)attention_scale(scores);

	h->a = s->value[st->weights] + head * h->queries * h->keys;
	h->o = s->value[st->context] + h->first;
	h->k = s->value[st->k] + h->first;
	for (long i = 0; i < h->queries; i++)
		for (long x = 0; x < h->e; x++) {
			real u = scale * q[i * h->width + x];

			h->q[i * h->e + x] = u;
			h->q_parts[x * h->queries + i] = u > 0 ? u : 0;
			h->q_parts[(h->e + x) * h->queries + i] = u > 0 ? 0 : u;
			h->q_parts[(2 * h->e + x) * h->queries + i] = u > 0 ? u : 0;
		}
	for (long j = 0; j < h->keys; j++) {
		for (long x = 0; x < h->e; x++) {
			h->k_columns[x * h->keys + j] = h->k[j * h->width + x];
			h->v_columns[x * h->keys + j] = v[j * h->width + x];
		}
		for (long i = 0; i < h->queries; i++)
			h->a_columns[j * h->queries + i] = j >= keys_seen(h->attention, i, h->keys)
								   ? 0
								   : h->a[i * h->keys + j];
	}
}

/* sum_e m^+ and m^- of query i */
VECTORISED
static void sum_products(struct head *h, long i, long seen)
{
	memset(h->more, 0, (size_t)seen * sizeof *h->more);
	memset(h->less, 0, (size_t)seen * sizeof *h->less);
	for (long x = 0; x < h->e; x++) {
		const real *k = h->k_columns + x * h->keys;
		real q = h->q[i * h->e + x];

		for (long j = 0; j < seen; j++) {
			real m = q * k[j];

			h->more[j] += m > 0 ? m : 0;
			h->less[j] += m > 0 ? 0 : m;
		}
	}
}

/* a, and its part and the values' in P and N, of query i */
VECTORISED
static void sum_slopes(struct head *h, long i, long seen)
{
	const real *a = h->a + i * h->keys;

	for (long c = 0; c < h->e; c++) {
		const real *v = h->v_columns + c * h->keys;
		real *slope = h->slope + c * h->keys, o = h->o[i * h->width + c];
		real positive = 0, negative = 0;

#pragma omp simd reduction(+ : positive, negative)
		for (long j = 0; j < seen; j++) {
			real z = a[j] * v[j], s = a[j] * (v[j] - o);
			real up = s > 0 ? s : 0, down = s > 0 ? 0 : s;

			slope[j] = s;
			positive += (z > 0 ? z : 0) + up * h->more[j] + down * h->less[j];
			negative += (z > 0 ? 0 : z) + up * h->less[j] + down * h->more[j];
		}
		h->p[c] = positive;
		h->n[c] = negative;
	}
}

/* T of query i: to q, and to alpha and beta; p and n become its coefficients. */
VECTORISED
static void transitions(struct head *h, long i, long seen)
{
	const real *q = h->q + i * h->e;

	for (long c = 0; c < h->e; c++) {
		real *z = h->to_q + c * h->e, positive = h->p[c], negative = h->n[c];
		const real *slope = h->slope + c * h->keys;
		real *alpha = h->to_alpha + c * h->keys, *beta = h->to_beta + c * h->keys;

		for (long x = 0; x < h->e; x++) {
			z[x] *= q[x];
			positive += z[x] > 0 ? z[x] : 0;
			negative += z[x] > 0 ? 0 : z[x];
		}
		struct halves t = halves(h->eps, positive, negative);
		for (long x = 0; x < h->e; x++)
			z[x] *= z[x] > 0 ? t.p : t.n;
		for (long j = 0; j < seen; j++) {
			alpha[j] = slope[j] * (slope[j] > 0 ? t.p : t.n);
			beta[j] = slope[j] * (slope[j] > 0 ? t.n : t.p);
		}
		h->p[c] = t.p;
		h->n[c] = t.n;
		h->lost[c] = t.lost;
	}
}

/* R p, R n and what eps takes of the rows of query i; their R in h->rows. */
static void take_rows(struct head *h, struct block *b, const real *r, const int *row, long count)
{
	for (long k = 0; k < count; k++) {
		const real *from = r + row[k] * h->width + h->first;
		double lost = 0;

		for (long c = 0; c < h->e; c++) {
			h->rows[k * h->e + c] = from[c];
			h->r_p[row[k] * h->e + c] = from[c] * h->p[c];
			h->r_n[row[k] * h->e + c] = from[c] * h->n[c];
			lost += from[c] * h->lost[c];
		}
		b->lost[LOST_EPS][h->l->step[row[k]]] += lost;
	}
}

/* to[row] = R times a transition [c, n], for the rows of one query; rows of `to` are `width` apart.
 */
static void apply(struct head *h, const real *transition, long stride, long n, const int *row,
	long count, real *to, long width)
{
	gemm(count, n, h->e, h->rows, h->e, transition, stride, 0, h->product, n);
	for (long k = 0; k < count; k++)
		memcpy(to + row[k] * width, h->product + k * n, (size_t)n * sizeof *to);
}

/* All queries: R_q, and alpha, beta (0 where pairs are masked), R p, R n. */
static void queries(struct head *h, struct block *b, const real *r, real *r_q)
{
	size_t size = (size_t)(h->l->rows * h->keys) * sizeof(real);

	memset(h->alpha, 0, size);
	memset(h->beta, 0, size);
	for (long i = 0; i < h->queries; i++) {
		const int *row = h->l->of_position + h->l->first[i];
		long count = h->l->first[i + 1] - h->l->first[i], e = h->e;
		long seen = keys_seen(h->attention, i, h->keys);

		if (!count)
			continue;
		sum_products(h, i, seen);
		sum_slopes(h, i, seen);
		gemm(e, e, seen, h->slope, h->keys, h->k, h->width, 0, h->to_q, e);
		transitions(h, i, seen);
		take_rows(h, b, r, row, count);
		apply(h, h->to_q, e, e, row, count, r_q + h->first, h->width);
		apply(h, h->to_alpha, h->keys, seen, row, count, h->alpha, h->keys);
		apply(h, h->to_beta, h->keys, seen, row, count, h->beta, h->keys);
	}
}

/* R_k of one step, whose rows of l are from `row` on, the first for query i. */
static void keys(struct head *h, long row, long count, long i, long seen, real *r_k)
{
	const real *alpha = h->alpha + row * h->keys, *beta = h->beta + row * h->keys;
	real *up = h->sums, *down = h->sums + h->e * h->keys;

	gemm(2 * h->e, seen, count, h->q_parts + i, h->queries, alpha, h->keys, 0, up, h->keys);
	gemm(2 * h->e, seen, count, h->q_parts + h->e * h->queries + i, h->queries, beta, h->keys,
		1, up, h->keys);
	for (long j = 0; j < seen; j++)
		for (long x = 0; x < h->e; x++) {
			real k = h->k[j * h->width + x];

			r_k[j * h->width + x] = k * (k > 0 ? up : down)[x * h->keys + j];
		}
}

/* R_v of one step */
static void values(struct head *h, long row, long count, long i, long seen, real *r_v)
{
	real *up = h->sums, *down = h->sums + h->e * h->keys;

	gemm(seen, h->e, count, h->a_columns + i, h->queries, h->r_p + row * h->e, h->e, 0, up,
		h->e);
	gemm(seen, h->e, count, h->a_columns + i, h->queries, h->r_n + row * h->e, h->e, 0, down,
		h->e);
	for (long j = 0; j < seen; j++)
		for (long c = 0; c < h->e; c++) {
			real v = h->v_columns[c * h->keys + j];

			r_v[j * h->width + c] = v * (v > 0 ? up : down)[j * h->e + c];
		}
}

/* sum[step, head] += relevance */
static void add_heads(const struct block *b, int node, long heads, double *sum)
{
	const struct layout *l = block_layout(b, node);
	long width = block_width(b, node), e = width / heads;

	for (long row = 0; row < l->rows; row++)
		for (long i = 0; i < width; i++)
			sum[l->step[row] * heads + i / e] += b->relevance[node][row * width + i];
}

static void multiply_heads(const struct block *b, int node, long heads, const double *factor)
{
	const struct layout *l = block_layout(b, node);
	long width = block_width(b, node), e = width / heads;

	for (long row = 0; row < l->rows; row++)
		for (long i = 0; i < width; i++)
			b->relevance[node][row * width + i] *=
				(real)factor[l->step[row] * heads + i / e];
}

/* RS of each head, then of all. */
static void rescale(struct block *b, const struct stage *st, long heads)
{
	const int to[] = { st->q, st->k, st->v };
	size_t count = (size_t)(b->steps * heads);
	double *wanted = arena_zero(b->arena, count, sizeof *wanted);
	double *got = arena_zero(b->arena, count, sizeof *got);
	double *factor = arena_array(b->arena, count, sizeof *factor);

	add_heads(b, st->context, heads, wanted);
	for (int k = 0; k < 3; k++)
		add_heads(b, to[k], heads, got);
	for (long t = 0; t < b->steps; t++) {
		double all = 0, scaled = 0;

		for (long i = t * heads; i < (t + 1) * heads; i++) {
			factor[i] = rescaling(b, wanted[i], got[i]);
			all += wanted[i];
			scaled += factor[i] * got[i];
		}
		for (long i = t * heads; i < (t + 1) * heads; i++) {
			factor[i] *= rescaling(b, all, scaled);
			b->lost[LOST_EPS][t] -= (factor[i] - 1) * got[i];
		}
	}
	for (int k = 0; k < 3; k++)
		multiply_heads(b, to[k], heads, factor);
}

/* A masked head's vectors are 0 whatever it reads: all sides of T are empty. */
static void lose(struct block *b, const real *r, const struct head *h)
{
	for (long row = 0; row < h->l->rows; row++)
		for (long c = h->first; c < h->first + h->e; c++)
			b->lost[LOST_EPS][h->l->step[row]] += r[row * h->width + c];
}

void voita_attention(struct block *b, const struct stage *st)
{
	const struct sentence *s = b->sentence;
	const struct node *n = &s->network->graph->node[st->context];
	const struct layout *l = block_layout(b, st->context), *l_k = block_layout(b, st->k);
	struct head h = { .l = l,
		.queries = s->rows[n->side],
		.keys = s->rows[node_keys(n)],
		.e = n->width / node_heads(n),
		.width = n->width,
		.attention = attention_of(n),
		.eps = s->rule->eps };
	struct arena_mark mark = arena_mark(b->arena);
	const real *r = b->relevance[st->context];
	real *r_q = block_input(b, st->q), *r_k = block_input(b, st->k);
	real *r_v = block_input(b, st->v);
	real *buffer = pool_take(b->pool, (size_t)place(&h, NULL, b->steps) * sizeof *buffer);

	place(&h, buffer, b->steps);
	for (long head = 0; head < node_heads(n); head++) {
		h.first = head * h.e;
		if (h.attention->masked && h.attention->masked[head]) {
			lose(b, r, &h);
			continue;
		}
		arrange(&h, s, st, head);
		queries(&h, b, r, r_q);
		for (long t = 0; t < b->steps; t++) {
			long row = l->start[t], count = l->start[t + 1] - row;
			long first = l->position[row], at = l_k->start[t] * h.width + h.first;
			long seen = keys_seen(h.attention, first + count - 1, h.keys);

			keys(&h, row, count, first, seen, r_k + at);
			values(&h, row, count, first, seen, r_v + at);
		}
	}
	pool_give(b->pool, buffer);
	rescale(b, st, node_heads(n));
	pool_give(b->pool, b->relevance[st->context]);
	b->relevance[st->context] = NULL;
	arena_back(b->arena, mark);
}
