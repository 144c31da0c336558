/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/head_difference.h"

#include <math.h>

#include "base/arena.h"
#include "base/die.h"
#include "stat/student.h"

static long all_steps(const struct paired_sums *s)
{
	long n = 0;

	for (long c = 0; c < s->sentences; c++)
		n += s->steps[c];
	return n;
}

struct site_counts difference_counts(const struct matched_site *s, const struct paired *x)
{
	struct site_counts n = { s->a->steps, s->a->sentences, s->b->steps, s->b->sentences };

	if (x->a.y) {
		n.steps_a = all_steps(&x->a);
		n.sentences_a = x->a.sentences;
	}
	if (x->b.y) {
		n.steps_b = all_steps(&x->b);
		n.sentences_b = x->b.sentences;
	}
	return n;
}

/* One side of a head: its mean, and what a sentence adds to the mean's error. */
struct side_mean {
	const struct paired_sums *sums;
	long head, heads;
	double mean, steps, error;
	long sentences;
};

static double residual(const struct side_mean *s, long c)
{
	double y = s->sums->y[c * s->heads + s->head];

	return (y - s->mean * (double)s->sums->steps[c]) / s->steps;
}

static double error_of(double squares, long sentences)
{
	double c = (double)sentences;

	return sentences > 1 ? sqrt(c / (c - 1) * squares) : 0;
}

/* From the sums of its sentences, or of an average. */
static struct side_mean side_mean(const struct average *average, long in,
	const struct paired_sums *sums, long head, long heads, long steps, long sentences)
{
	struct side_mean s = { sums, head, heads, .steps = (double)steps, .sentences = sentences };
	struct exact sum = { .count = 0 };
	double squares = 0;

	if (!sums->y) {
		struct average_result r = average_result(average, in);

		s.mean = r.mean;
		s.error = r.error;
		return s;
	}
	for (long c = 0; c < sentences; c++)
		exact_add(&sum, sums->y[c * heads + head]);
	s.mean = exact_value(&sum) / s.steps;
	for (long c = 0; c < sentences; c++)
		squares += residual(&s, c) * residual(&s, c);
	s.error = error_of(squares, sentences);
	return s;
}

static double paired_error(const struct side_mean *a, const struct side_mean *b)
{
	double squares = 0;

	for (long c = 0; c < a->sentences; c++) {
		double r = residual(a, c) - residual(b, c);

		squares += r * r;
	}
	return error_of(squares, a->sentences);
}

/* The whole number at or below Welch's, at least that of the smaller side. */
static long welch(const struct side_mean *a, const struct side_mean *b)
{
	double largest = fmax(a->error, b->error), na = (double)(a->sentences - 1),
	       nb = (double)(b->sentences - 1);

	if (largest == 0)
		return (long)fmin(na, nb);
	double p = a->error / largest * (a->error / largest);
	double q = b->error / largest * (b->error / largest);

	return (long)fmax(floor((p + q) * (p + q) / (p * p / na + q * q / nb)), fmin(na, nb));
}

static struct head_difference difference(
	const struct side_mean *a, const struct side_mean *b, bool paired)
{
	struct head_difference d = {
		.a = a->mean, .b = b->mean, .difference = a->mean - b->mean, .p = NAN
	};

	d.spread = a->sentences > 1 && b->sentences > 1;
	if (d.spread) {
		d.freedom = paired ? a->sentences - 1 : welch(a, b);
		d.error = paired ? paired_error(a, b) : hypot(a->error, b->error);
		d.p = d.error > 0 ? student_p(d.difference / d.error, d.freedom)
				  : d.difference == 0;
	}
	double t = d.spread ? student_95(d.freedom) : 0;

	d.low = d.difference - t * d.error;
	d.high = d.difference + t * d.error;
	return d;
}

struct head_difference *differences(const struct matched_heads *m, const struct paired *x)
{
	struct head_difference *d = must_alloc((size_t)m->heads, sizeof *d);

	for (long i = 0; i < m->count; i++) {
		const struct matched_site *s = &m->at[i];
		struct site_counts n = difference_counts(s, x);

		for (long h = 0; h < s->heads; h++) {
			long k = s->first + h;
			struct side_mean a = side_mean(
				s->a, s->in_a[h], &x->a, k, m->heads, n.steps_a, n.sentences_a);
			struct side_mean b = side_mean(
				s->b, s->in_b[h], &x->b, k, m->heads, n.steps_b, n.sentences_b);

			d[k] = difference(&a, &b, x->paired);
			if (!isfinite(d[k].low) || !isfinite(d[k].high))
				die("site %s: the difference of head %ld is no longer a number",
					s->a->site, s->was[h]);
		}
	}
	return d;
}
