/* SPDX-License-Identifier: Apache-2.0 */
#include "network/shares.h"

#include <math.h>
#include <string.h>

#include "tensor/vectorised.h"

static double stab(double z, double eps)
{
	return z >= 0 ? z + eps : z - eps;
}

static double inverse(double z)
{
	return fabs(z) >= REAL_TINY ? 1 / z : 0;
}

/* p = n = 1 / stab(sum z) */
static struct coefficients ratio(const struct rule *r, double sum, double bias)
{
	double d = stab(sum + bias, r->eps), inv = inverse(d);

	return (struct coefficients){ inv, inv,
		{ [LOST_BIAS] = bias * inv,
			[LOST_EPS] = (d - (sum + bias)) * inv,
			[LOST_ZERO] = inv == 0 } };
}

/* p = -n = 1 / (sum |z| + eps) */
static struct coefficients magnitude(const struct rule *r, double sum, double bias)
{
	double d = sum + bias + r->eps, inv = inverse(d);

	return (struct coefficients){ inv, -inv,
		{ [LOST_BIAS] = bias * inv, [LOST_EPS] = r->eps * inv, [LOST_ZERO] = inv == 0 } };
}

/* p = alpha / (P + eps), n = (1 - alpha) / (N - eps); all to one side where the other is empty */
static struct coefficients alphabeta(const struct rule *r, double p, double n, double bias)
{
	bool no_p = p<REAL_TINY, no_n = n> - REAL_TINY;
	double inv_p = no_p ? 0 : (no_n ? 1 : r->alpha) / (p + r->eps);
	double inv_n = no_n ? 0 : (no_p ? 1 : 1 - r->alpha) / (n - r->eps);

	return (struct coefficients){ inv_p, inv_n,
		{ [LOST_BIAS] = bias * (bias > 0 ? inv_p : inv_n),
			[LOST_EPS] = r->eps * inv_p - r->eps * inv_n,
			[LOST_ZERO] = no_p && no_n } };
}

/* p = (1 + gamma) / D, n = 1 / D, or the other way round, by the sign of the sum */
static struct coefficients gamma_rule(const struct rule *r, double p, double n, double bias)
{
	double sum = p + n + bias, own = sum >= 0 ? p : n;
	bool helps = sum >= 0 ? bias > 0 : bias < 0;
	double all = sum + r->gamma * (own + (helps ? bias : 0)), d = stab(all, r->eps);
	double inv = inverse(d), more = (1 + r->gamma) * inv;

	return (struct coefficients){ sum >= 0 ? more : inv, sum >= 0 ? inv : more,
		{ [LOST_BIAS] = bias * (helps ? more : inv),
			[LOST_EPS] = (d - all) * inv,
			[LOST_ZERO] = inv == 0 } };
}

/* An output without contributions is its bias: what arrives there stays there. */
static bool is_bias_alone(const struct rule *r, double positive, double negative, double bias)
{
	return r->bias == EXCLUDE && bias != 0 && fabs(positive) < REAL_TINY &&
	       fabs(negative) < REAL_TINY;
}

struct coefficients shares_of_sums(
	const struct rule *r, enum contribution how, double positive, double negative, double bias)
{
	if (is_bias_alone(r, positive, negative, bias))
		return (struct coefficients){ .lost = { [LOST_BIAS] = 1 } };
	if (r->bias != ABSORB)
		bias = 0;
	switch (how) {
	case RATIO:
		return ratio(r, positive + negative, bias);
	case MAGNITUDE:
		return magnitude(r, positive - negative, bias < 0 ? -bias : bias);
	case GAMMA:
		return gamma_rule(r, positive, negative, bias);
	default:
		return alphabeta(r, positive + (bias > 0 ? bias : 0),
			negative + (bias < 0 ? bias : 0), bias);
	}
}

void shares_note_bias(const struct sentence *s, int node, const double lost[LOSSES])
{
	if (s->rule->bias == EXCLUDE && lost[LOST_BIAS] != 0)
		__atomic_store_n(&s->shares[node].bias_alone, true, __ATOMIC_RELAXED);
}

static real *room_for(struct sentence *s, int node, enum loss loss, long all)
{
	real **lost = &s->shares[node].lost[loss];

	if (!*lost)
		*lost = arena_zero(s->arena, (size_t)all, sizeof **lost);
	return *lost;
}

void shares_note_lost(
	struct sentence *s, int node, long count, long i, const struct coefficients *c)
{
	shares_note_bias(s, node, c->lost);
	for (int k = 0; k < LOSSES; k++)
		if (c->lost[k] != 0)
			room_for(s, node, (enum loss)k, count)[i] = (real)c->lost[k];
}

VECTORISED
static bool any_near_zero(const real *sum, long count)
{
	long found = 0;

	for (long i = 0; i < count; i++)
		found += (sum[i] < 0 ? -sum[i] : sum[i]) < REAL_TINY;
	return found > 0;
}

/* stab(sum + bias), or sum + |bias| + eps */
static double denominator(const struct rule *r, double sum, double bias)
{
	double z = sum + (r->contribution == MAGNITUDE && bias < 0 ? -bias : bias);

	return z < 0 ? z - r->eps : z + r->eps;
}

VECTORISED
static bool any_denominator_near_zero(
	const struct rule *r, const real *sum, const real *bias, long count)
{
	long found = 0;

	for (long i = 0; i < count; i++)
		found += fabs(denominator(r, sum[i], bias ? bias[i] : 0)) < REAL_TINY;
	return found > 0;
}

VECTORISED
static void invert(const struct rule *r, long count, real *sum, const real *bias, real *lost_bias,
	real *lost_eps)
{
	for (long i = 0; i < count; i++)
		sum[i] = (real)(1 / denominator(r, sum[i], bias ? bias[i] : 0));
	for (long i = 0; lost_bias && i < count; i++)
		lost_bias[i] =
			sum[i] * (r->contribution == MAGNITUDE && bias[i] < 0 ? -bias[i] : bias[i]);
	for (long i = 0; lost_eps && i < count; i++)
		lost_eps[i] = (real)r->eps * (sum[i] < 0 ? -sum[i] : sum[i]);
}

bool shares_of_many(const struct rule *r, long count, real *sum, const real *bias, real *lost_bias,
	real *lost_eps)
{
	const real *counted = r->bias == ABSORB ? bias : NULL;

	if ((r->contribution != RATIO && r->contribution != MAGNITUDE) ||
		any_near_zero(sum, count) || any_denominator_near_zero(r, sum, counted, count))
		return false;
	invert(r, count, sum, counted, counted ? lost_bias : NULL, lost_eps);
	return true;
}

bool shares_of_row(
	struct sentence *s, int node, long all, long first, long count, real *sum, const real *bias)
{
	bool counts = bias && s->rule->bias == ABSORB;

	if (s->rule->contribution != RATIO && s->rule->contribution != MAGNITUDE)
		return false;
	return shares_of_many(s->rule, count, sum, bias,
		counts ? room_for(s, node, LOST_BIAS, all) + first : NULL,
		s->rule->eps != 0 ? room_for(s, node, LOST_EPS, all) + first : NULL);
}
