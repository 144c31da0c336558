/* SPDX-License-Identifier: Apache-2.0 */
#include "rule/ledger.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "base/print.h"

static const char *const names[LOSSES] = { "bias", "eps", "zero", "softmax" };

/* Sums over steps of each share of the start at a site, and the worst leak. */
struct sums {
	const char *site;
	double here, elsewhere, lost[LOSSES], leak, amplification;
	long steps;
};

struct ledger {
	bool amplified, bias_alone; /* was it said? */
	struct sums *site;
	int sites;
};

struct ledger *ledger_new(void)
{
	return must_alloc(1, sizeof(struct ledger));
}

static struct sums *find(struct ledger *l, const char *site)
{
	int i = 0;

	while (i < l->sites && strcmp(l->site[i].site, site))
		i++;
	if (i == l->sites) {
		char *name = must_alloc(strlen(site) + 1, 1);

		l->site = must_realloc(l->site, (size_t)++l->sites, sizeof *l->site);
		l->site[i] = (struct sums){ .site = strcpy(name, site) };
	}
	return &l->site[i];
}

double ledger_amplified(struct ledger *l, const char *site, double size, double sum, double start)
{
	double of = fmin(fabs(sum), start != 0 ? fabs(start) : 1);
	double amplification = size > 0 ? size / of : 1;

	if (amplification > 1e6 && !l->amplified) {
		warn("relevance is amplified %.1g-fold at '%s': shares of either sign cancel, and "
		     "their sums mean little; -r magnitude does not amplify",
			amplification, site);
		l->amplified = true;
	}
	return amplification;
}

void ledger_bias_alone(struct ledger *l, const char *node)
{
	if (!l->bias_alone)
		warn("'%s' has outputs that are their bias alone, their inputs or weights "
		     "being zero (as where all heads of a layer are masked): relevance that arrives there ends in the "
		     "bias",
			node);
	l->bias_alone = true;
}

/* What is neither here nor elsewhere, of the start. Biases keep what they are asked to, but with
 * bias=absorb, where a limit is one of what they take. */
static double leak_of(const struct ledger_entry *e, long t, double start)
{
	double kept = e->rule->bias == ABSORB ? 0 : e->lost[LOST_BIAS][t];

	return fabs(e->start[t] - e->here[t] - e->elsewhere[t] - kept) / fabs(start);
}

static _Noreturn void die_of_leak(
	const char *site, double leak, int step, const struct ledger_entry *e, long t, double start)
{
	die("step %d: %.3g of the relevance is missing at '%s' (bias %.3g, eps %.3g, "
	    "zero denominators %.3g, softmax %.3g); allow it with --max-leak%s",
		step, leak, site, e->lost[LOST_BIAS][t] / start, e->lost[LOST_EPS][t] / start,
		e->lost[LOST_ZERO][t] / start, e->lost[LOST_SOFTMAX][t] / start,
		rule_is_positive(e->rule) ? "" : ", or use -r magnitude");
}

/* What a step's shares are taken of; of two logits that are equal, of 1. */
static double start_of(const struct ledger_entry *e, long t)
{
	return e->start[t] != 0 ? e->start[t] : 1;
}

void ledger_limit(const char *site, double limit, const int *step, const struct ledger_entry *e)
{
	for (long t = 0; t < e->steps; t++) {
		double start = start_of(e, t), leak = leak_of(e, t, start);

		if (!isfinite(e->here[t]) || !isfinite(e->elsewhere[t]))
			die("step %d: relevance at '%s' is not finite; use -r magnitude", step[t],
				site);
		if (leak > limit)
			die_of_leak(site, leak, step[t], e, t, start);
	}
}

void ledger_check(struct ledger *l, const char *site, double limit, const int *step,
	const struct ledger_entry *e)
{
	struct sums *s = find(l, site);

	ledger_limit(site, limit, step, e);
	for (long t = 0; t < e->steps; t++) {
		double start = start_of(e, t);

		s->amplification = fmax(
			s->amplification, ledger_amplified(l, site, e->size[t], e->here[t], start));
		s->leak = fmax(s->leak, leak_of(e, t, start));
		s->here += e->here[t] / start;
		s->elsewhere += e->elsewhere[t] / start;
		for (int k = 0; k < LOSSES; k++)
			s->lost[k] += e->lost[k][t] / start;
		s->steps++;
	}
}

void ledger_write(struct draft *d, const struct ledger_entry *e, struct arena *a)
{
	double *lost = arena_array(a, (size_t)e->steps, sizeof *lost);

	for (long t = 0; t < e->steps; t++)
		lost[t] = e->lost[LOST_BIAS][t] + e->lost[LOST_EPS][t] + e->lost[LOST_ZERO][t] +
			  e->lost[LOST_SOFTMAX][t];
	draft_map(d, "ledger", 4 + LOSSES);
	draft_doubles(d, "start", e->start, 1, e->steps);
	draft_doubles(d, "here", e->here, 1, e->steps);
	draft_doubles(d, "elsewhere", e->elsewhere, 1, e->steps);
	draft_doubles(d, "lost", lost, 1, e->steps);
	for (int k = 0; k < LOSSES; k++)
		draft_doubles(d, names[k], e->lost[k], 1, e->steps);
}

void ledger_report(const struct ledger *l)
{
	fprintf(stderr, "%-12s %8s %11s %11s", "site", "steps", "here", "elsewhere");
	for (int k = 0; k < LOSSES; k++)
		fprintf(stderr, " %11s", names[k]);
	fprintf(stderr, " %11s %13s\n", "worst leak", "amplification");
	for (int i = 0; i < l->sites; i++) {
		const struct sums *s = &l->site[i];
		double n = (double)s->steps;

		print_plain(stderr, "%-12s %8ld %11.6f %11.6f", s->site, s->steps, s->here / n,
			s->elsewhere / n);
		for (int k = 0; k < LOSSES; k++)
			fprintf(stderr, " %11.6f", s->lost[k] / n);
		fprintf(stderr, " %11.2e %13.3g\n", s->leak, s->amplification);
	}
}
