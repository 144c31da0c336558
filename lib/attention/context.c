/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context: each head's mean of the values it attends to. These are the neurons whose relevance is
 * the head's: the site of every head measure.
 *
 * Forward     c[i,h,e] = sum_j A[h,i,j] v[j,h,e]; of a masked head 0, or the mean it is
 *                 given, whatever its inputs
 * Relevance   products z_j = A_ij v_je by (4), their sum by (3): with t_je the rule's share of z_j,
 *                 M_A[j,e] = t_je share(A_ij of A_ij, v_je),  M_v[j,e] = t_je share(v_je of both)
 *                 R_A[i,j] = sum_e R_c[i,e] M_A[j,e],         R_v[j,e] = sum_i R_c[i,e] M_v[j,e]
 *             M is [keys, e] for one query and head, and serves all steps.
 * Carry       H[i,e] = sum_j M_A[j,e] H_A[i,j] + M_v[j,e] H_v[j,e]
 *             attention=constant: M_v[j,e] = t_je, and nothing to A (averaged, in thumt2017:
 *             M_v[j,e] = A_ij)
 * Gradient    the same with M_A[j,e] = v[j,e], M_v[j,e] = A_ij
 * Keeps       sum R_A + sum R_v = sum R_c - shares of eps and zero denominators; of a masked
 *             head nothing goes on: its mean is a bias
 * Source      Voita et al. 2019, (3) and (4)
 */
#include <string.h>

#include "base/die.h"
#include "network/op.h"
#include "network/product.h"
#include "network/gemm.h"
#include "tensor/vectorised.h"

static bool is_masked(const struct node *n, long h)
{
	return attention_of(n)->masked && attention_of(n)->masked[h];
}

/* The context of a masked head: the same at all positions. */
static void set_aside(const struct node *n, long h, long rows, real *c)
{
	long e = n->width / node_heads(n);

	for (long t = 0; t < rows; t++)
		for (long x = h * e; x < (h + 1) * e; x++)
			c[t * n->width + x] =
				attention_of(n)->mean ? (real)attention_of(n)->mean[x] : 0;
}

static void forward(struct network *net, int node, const struct batch *b, real *const *value)
{
	const struct node *n = &net->graph->node[node];
	long width = n->width, e = width / node_heads(n);
	long stride = e * key_heads(attention_of(n));
	const real *a = value[n->input[0]];

	for (int i = 0; i < b->sentences; i++) {
		struct span qs = b->queries[n->side][i], ks = b->keys[node_keys(n)][i];
		const real *v = value[n->input[1]] + ks.start * stride;
		real *c = value[node] + qs.start * width;

		for (int h = 0; h < node_heads(n); h++, a += qs.rows * ks.rows)
			if (is_masked(n, h))
				set_aside(n, h, qs.rows, c);
			else
				gemm(qs.rows, e, ks.rows, a, ks.rows,
					v + key_head(attention_of(n), h) * e, stride, 0, c + h * e,
					width);
	}
}

/* The shares of one query's attention weights and of the values, [seen, e] each. */
struct mixture {
	const real *a, *v; /* of this head; values are `stride` apart */
	long e, seen, stride;
	real *m_a, *m_v;
	real *sum;	      /* [e] scratch */
	double *lost[LOSSES]; /* [e] */
};

VECTORISED
static void shares_of_magnitude(const struct mixture *s)
{
	memset(s->sum, 0, (size_t)s->e * sizeof *s->sum);
	for (long j = 0; j < s->seen; j++) {
		const real *v = s->v + j * s->stride;

#pragma omp simd
		for (long x = 0; x < s->e; x++)
			s->sum[x] += s->a[j] * (v[x] < 0 ? -v[x] : v[x]);
	}
	for (long x = 0; x < s->e; x++) {
		s->lost[LOST_ZERO][x] = s->sum[x] < REAL_TINY;
		s->sum[x] = s->sum[x] < REAL_TINY ? 0 : 1 / s->sum[x];
	}
	for (long j = 0; j < s->seen; j++) {
		const real *v = s->v + j * s->stride;

#pragma omp simd
		for (long x = 0; x < s->e; x++)
			product_split_magnitude(s->sum[x], s->a[j], v[x], &s->m_a[j * s->e + x],
				&s->m_v[j * s->e + x]);
	}
}

static void shares_of_rule(const struct rule *rule, const struct mixture *s)
{
	for (long x = 0; x < s->e; x++) {
		double positive = 0, negative = 0, lost[LOSSES];

		for (long j = 0; j < s->seen; j++) {
			double z = (double)s->a[j] * s->v[j * s->stride + x];

			positive += z > 0 ? z : 0;
			negative += z < 0 ? z : 0;
		}
		struct coefficients c =
			shares_of_sums(rule, rule->contribution, positive, negative, 0);
		memcpy(lost, c.lost, sizeof lost);
		for (long j = 0; j < s->seen; j++) {
			double v = s->v[j * s->stride + x], t = share_of(&c, s->a[j] * v);
			real *to_a = &s->m_a[j * s->e + x], *to_v = &s->m_v[j * s->e + x];

			if (rule->attention == CONSTANT)
				*to_v = (real)t;
			else
				product_split(rule, t, s->a[j], v, to_a, to_v, lost);
		}
		for (int l = 0; l < LOSSES; l++)
			s->lost[l][x] = lost[l];
	}
}

/* How M_A and M_v are filled: by the rule, or by the derivative. */
typedef void shares_function(const struct rule *rule, const struct mixture *s);

/* M_A = v, M_v = A */
static void slopes(const struct rule *rule, const struct mixture *s)
{
	(void)rule;
	for (long j = 0; j < s->seen; j++)
		for (long x = 0; x < s->e; x++) {
			s->m_a[j * s->e + x] = s->v[j * s->stride + x];
			s->m_v[j * s->e + x] = s->a[j];
		}
}

/* One row of R_c [e] to R_A [seen] and R_v [seen, stride]. */
ALWAYS_INLINE void hand_on_row(
	const struct mixture *s, const real *r, real *restrict r_a, real *restrict r_v, long e)
{
	const real *restrict m_a = s->m_a, *restrict m_v = s->m_v;

	for (long j = 0; j < s->seen; j++, m_a += e, m_v += e, r_v += s->stride) {
		real sum = 0;

#pragma omp simd
		for (long x = 0; x < e; x++)
			r_v[x] += r[x] * m_v[x];
		if (!r_a)
			continue;
#pragma omp simd reduction(+ : sum)
		for (long x = 0; x < e; x++)
			sum += r[x] * m_a[x];
		r_a[j] += sum;
	}
}

VECTORISED
static void hand_on(
	struct block *b, const struct mixture *s, int step, const real *r, real *r_a, real *r_v)
{
	WITH_HEAD_WIDTH(s->e, hand_on_row, s, r, r_a, r_v);
	for (int l = 0; l < LOSSES; l++)
		for (long x = 0; x < s->e; x++)
			b->lost[l][step] += s->lost[l][x] * r[x];
}

/* What reaches a masked head ends there: the share of its mean, or of zeros, that of a bias which
 * is spread over them. */
static void end_at(struct block *b, const struct node *n, int step, const real *r, long e)
{
	enum loss loss =
		attention_of(n)->mean || b->sentence->rule->bias == SPREAD ? LOST_BIAS : LOST_ZERO;

	for (long x = 0; x < e; x++)
		b->lost[loss][step] += r[x];
}

static struct mixture begin(struct pool *pool, const struct node *n, long keys)
{
	long e = n->width / node_heads(n);
	struct mixture s = { .e = e, .stride = e * key_heads(attention_of(n)), .seen = keys };

	s.m_a = pool_take(pool, (size_t)(2 * keys * e + e) * sizeof(real));
	s.m_v = s.m_a + keys * e;
	s.sum = s.m_v + keys * e;
	s.lost[0] = pool_take(pool, (size_t)(LOSSES * e) * sizeof(double));
	memset(s.lost[0], 0, (size_t)(LOSSES * e) * sizeof(double));
	for (int l = 1; l < LOSSES; l++)
		s.lost[l] = s.lost[0] + l * e;
	return s;
}

/* M_A and M_v by the rule. */
static void shares(const struct rule *rule, const struct mixture *s)
{
	if (product_is_magnitude(rule))
		shares_of_magnitude(s);
	else if (rule->averaged)
		slopes(rule, s);
	else
		shares_of_rule(rule, s);
}

/* The shares of query i of head h. */
static void look_at(struct mixture *s, const struct sentence *x, const struct node *n, long i,
	long h, shares_function *fill)
{
	long queries = x->rows[n->side], keys = x->rows[node_keys(n)];

	s->seen = keys_seen(attention_of(n), i, keys);
	s->a = x->value[n->input[0]] + (h * queries + i) * keys;
	s->v = x->value[n->input[1]] + key_head(attention_of(n), h) * s->e;
	fill(x->rule, s);
}

/* `ends`: does relevance that reaches a masked head count as lost? A gradient is zero there. */
static void back(struct block *b, int node, shares_function *fill, bool ends)
{
	const struct node *n = &b->sentence->network->graph->node[node];
	const struct layout *l = block_layout(b, node), *l_v = block_layout(b, n->input[1]);
	const int *to = block_rows_in(b, node, n->input[0]);
	long width = n->width, e = width / node_heads(n), keys = b->sentence->rows[node_keys(n)];
	bool constant = b->sentence->rule->attention == CONSTANT;
	real *r_a = constant ? NULL : block_input(b, n->input[0]),
	     *r_v = block_input(b, n->input[1]);
	struct mixture s = begin(b->pool, n, keys);

	for (long i = 0; i < b->sentence->rows[n->side]; i++)
		for (long h = 0; l->first[i] < l->first[i + 1] && h < node_heads(n); h++) {
			if (!is_masked(n, h))
				look_at(&s, b->sentence, n, i, h, fill);
			for (int at = l->first[i]; at < l->first[i + 1]; at++) {
				long row = l->of_position[at], step = l->step[row];

				const real *r = b->relevance[node] + row * width + h * e;

				if (is_masked(n, h)) {
					if (ends)
						end_at(b, n, (int)step, r, e);
					continue;
				}
				hand_on(b, &s, (int)step, r,
					r_a ? r_a + ((to ? to[row] : row) * node_heads(n) + h) *
								keys
					    : NULL,
					r_v + l_v->start[step] * s.stride +
						key_head(attention_of(n), h) * e);
			}
		}
	pool_give(b->pool, s.m_a);
	pool_give(b->pool, s.lost[0]);
}

/* out[e] = sum_j M_A[j,e] H_A[j] + M_v[j,e] H_v[j,e]; either may be NULL */
ALWAYS_INLINE void gather_row(
	const struct mixture *s, const real *h_a, const real *h_v, real *restrict out, long e)
{
	const real *restrict m_a = s->m_a, *restrict m_v = s->m_v;

	for (long j = 0; j < s->seen; j++, m_a += e, m_v += e) {
		if (h_a)
#pragma omp simd
			for (long x = 0; x < e; x++)
				out[x] += m_a[x] * h_a[j];
		if (h_v)
#pragma omp simd
			for (long x = 0; x < e; x++)
				out[x] += m_v[x] * h_v[j * s->stride + x];
	}
}

VECTORISED
static void gather(const struct mixture *s, const real *h_a, const real *h_v, real *out)
{
	WITH_HEAD_WIDTH(s->e, gather_row, s, h_a, h_v, out);
}

static void carry_on(struct carry *c, int node, shares_function *fill)
{
	const struct node *n = &c->sentence->network->graph->node[node];
	long width = n->width, e = width / node_heads(n), keys = c->sentence->rows[node_keys(n)];
	struct mixture s = begin(c->pool, n, keys);
	bool constant = c->sentence->rule->attention == CONSTANT;

	carry_zero(c, node);
	for (long i = 0; i < c->sentence->rows[n->side]; i++)
		for (long h = 0; h < node_heads(n); h++) {
			if (is_masked(n, h))
				continue;
			look_at(&s, c->sentence, n, i, h, fill);
			for (int k = 0; k < c->heads; k++) {
				const real *h_a = constant ? NULL : carry_slot(c, n->input[0], k);
				const real *h_v = carry_slot(c, n->input[1], k);

				if (h_a || h_v)
					gather(&s,
						h_a ? h_a + (i * node_heads(n) + h) * keys : NULL,
						h_v ? h_v + key_head(attention_of(n), h) * e : NULL,
						carry_slot(c, node, k) + i * width + h * e);
			}
		}
	pool_give(c->pool, s.m_a);
	pool_give(c->pool, s.lost[0]);
}

static void relevance_back(struct block *b, int node)
{
	back(b, node, shares, true);
}

static void relevance_carry(struct carry *c, int node)
{
	carry_on(c, node, shares);
}

static void gradient_back(struct block *b, int node)
{
	back(b, node, slopes, false);
}

static void gradient_carry(struct carry *c, int node)
{
	carry_on(c, node, slopes);
}

/* Constant attention weights get nothing. */
static unsigned takes(const struct rule *r)
{
	return r->attention == CONSTANT ? INPUT_1 : INPUTS;
}

static unsigned reads(const struct rule *r)
{
	(void)r;
	return INPUTS;
}

static double cost(
	const struct graph *g, const struct node *n, const struct rule *r, const long rows[2])
{
	(void)g, (void)r;
	return 2.0 * (double)rows[node_keys(n)] * n->width;
}

const struct op op_context = {
	.kind = &kind_context,
	.takes = takes,
	.forward = forward,
	.relevance = { reads, cost, NULL, relevance_back, relevance_carry },
	.gradient = { reads, cost, NULL, gradient_back, gradient_carry },
};
