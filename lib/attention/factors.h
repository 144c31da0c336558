/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ATTENTION_FACTORS_H
#define LRP_ATTENTION_FACTORS_H

#include "network/op.h"

/*
 * Scores and contexts are the same kind of product: for a head and a query i, outputs x are sums
 * over terms r of two factors,
 *
 *     y[i,x] = c sum_r u[i,r] w[r,x]
 *
 *     scores    u queries,            w keys,    terms are neurons, outputs are keys
 *     context   u attention weights,  w values,  terms are keys,    outputs are neurons
 *
 * What an output hands on to its factors is linear in its relevance: with M_u, M_w of a rule,
 *
 *     R_u[i,r] = sum_x M_u[i,r,x] R[i,x]      H[i,x] = sum_r M_u[i,r,x] H_u[i,r]
 *     R_w[r,x] = sum_i M_w[i,r,x] R[i,x]                   + M_w[i,r,x] H_w[r,x]
 *
 * M of one query serves all steps and all heads that are carried. It is made in one of these forms,
 * with p[i,x] the coefficient of an output (shares.h):
 *
 *     SHARED   M_u = f_u T p, M_w = f_w T p    one matrix T for both, and p apart from it
 *         magnitude               T = |u| |w| / (|u| + |w|), f_u = |u|, f_w = |w|
 *         half to each factor     T = u w, f_u = f_w = 1/2; |u| |w| of magnitudes
 *         constant weights        T = u w, f_w = 1, nothing to u
 *     WRITTEN  each share by itself, whatever the rule says
 *     SLOPES   M_u = w p, M_w = u p            the derivative; p is the output's own
 */
enum matrices { SHARED, WRITTEN, SLOPES };

/* The factor f of SHARED: that number of u or w, or the same for all. */
enum own { OWN_SIZE, OWN_HALF, OWN_ONE };

/* Rows of outputs, of the factor u, or of the factor w (one a key): how long they are, and where the
 * numbers of the head that is looked at begin. */
struct head_rows {
	long length, head;
};

/* b[i,x], a bias of outputs. */
typedef double bias_function(
	const struct sentence *s, int node, long query, long head, long output);

/* Outputs are filled up to whole vectors, terms to what the sums take at a time. */
enum { WHOLE_OUTPUTS = 16, WHOLE_TERMS = 4 };

static inline long filled_up(long count, long to)
{
	return (count + to - 1) / to * to;
}

/* The factors of one head after another. */
struct factors {
	const struct sentence *sentence;
	int node;
	bool scores;		       /* outputs are keys; else terms are */
	long queries, terms, outputs;  /* of a head */
	long terms_room, outputs_room; /* with zeros behind them, for whole vectors */
	double scale;		       /* c */
	bias_function *bias;	       /* NULL: outputs have none */
	enum matrices matrices;
	enum own own;
	bool derivative;  /* a gradient goes through, not relevance */
	bool w_alone;	  /* u gets nothing */
	const long *seen; /* [queries]: keys that a query sees */
	struct head_rows out, in_u, in_w;
	long head;
	real *u, *w; /* [queries, terms_room], [terms_room, outputs_room]; of magnitudes: sizes */
	real *p,
		*n; /* [queries, outputs_room]: coefficients of outputs, times c; of WRITTEN without it, and n */
	real *lost[LOSSES]; /* likewise, what the rule loses there; NULL: nothing */
	struct pool *pool;
};

/* Those of a node with scores or contexts, in the form that its rule takes, or by the derivative. */
struct factors factors_begin(const struct sentence *s, int node, struct pool *pool, double scale,
	bias_function *bias, bool slopes);
void factors_end(struct factors *f);

/* Look at a head; false: it is masked, and hands nothing on. */
bool factors_look(struct factors *f, long head);

/* Terms, and outputs, of a query that are there: where they are keys, those that it sees. */
static inline long factors_terms(const struct factors *f, long query)
{
	return f->scores ? f->terms : f->seen[query];
}

static inline long factors_outputs(const struct factors *f, long query)
{
	return f->scores ? f->seen[query] : f->outputs;
}

/* The factor w of a head, and what goes there, stand in rows of keys: [keys, length]. Here and back as
 * [terms_room, outputs_room]: y = x f_w, and x += y f_w, of so many keys. */
void factors_take_w(const struct factors *f, long keys, const real *x, real *y);
void factors_give_w(const struct factors *f, long keys, const real *y, real *x);

/* Of the factor u of a query: y [terms_room] = x f_u, x += y f_u. */
void factors_take_u(const struct factors *f, long query, const real *x, real *y);
void factors_give_u(const struct factors *f, long query, const real *y, real *x);

/* y [outputs_room] = x p, of outputs x; WRITTEN has p in M, and y = x. */
void factors_scale(const struct factors *f, long query, const real *x, real *y);

/* p, n and lost of some queries of the head that is looked at. */
void factors_share(struct factors *f, long first, long count);

/* M of a query for so many terms and outputs, in [terms_room, outputs_room]; SHARED: T, in m_w. */
void factors_fill(
	const struct factors *f, long query, long terms, long outputs, real *m_u, real *m_w);

/* Formulas (5) and (9) at the node. */
void factors_back(struct block *b, struct factors *f);
void factors_carry(struct carry *c, struct factors *f);

#endif
