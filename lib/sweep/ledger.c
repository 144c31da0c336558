/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep/ledger.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "base/utf8.h"

static const char *const names[LOSSES] = { "bias", "eps", "zero", "softmax" };

/* Sums over steps of each share of the start at a site, and the worst leak. */
struct sums {
	const char *site;
	double here, elsewhere, lost[LOSSES], leak, amplification;
	long steps;
};

struct ledger {
	bool warned;
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

/* Against the sum that shares are taken of, and against what was put in, which it may have
 * outgrown. */
static void check_amplification(
	struct ledger *l, struct sums *s, double size, double sum, double start)
{
	double amplification = size > 0 ? size / fmin(fabs(sum), fabs(start)) : 1;

	if (amplification > s->amplification)
		s->amplification = amplification;
	if (amplification > 1e6 && !l->warned) {
		warn("relevance is amplified %.1g-fold at '%s': shares of either sign cancel, and "
		     "their sums mean little; -r magnitude does not amplify",
			amplification, s->site);
		l->warned = true;
	}
}

void ledger_check(
	struct ledger *l, const char *site, double limit, long first, const struct ledger_entry *e)
{
	struct sums *s = find(l, site);

	for (long t = 0; t < e->steps; t++) {
		double start = e->start[t] != 0 ? e->start[t] : 1;
		double leak = fabs(e->start[t] - e->here[t] - e->elsewhere[t]) / fabs(start);

		if (!isfinite(e->here[t]) || !isfinite(e->elsewhere[t]))
			die("step %ld: relevance at '%s' is not finite; use -r magnitude",
				first + t, site);
		if (leak > limit)
			die("step %ld: %.3g of the relevance is missing at '%s' (bias %.3g, eps %.3g, "
			    "zero denominators %.3g, softmax %.3g); allow it with --max-leak, or use -r "
			    "magnitude",
				first + t, leak, site, e->lost[LOST_BIAS][t] / start,
				e->lost[LOST_EPS][t] / start, e->lost[LOST_ZERO][t] / start,
				e->lost[LOST_SOFTMAX][t] / start);
		check_amplification(l, s, e->size[t], e->here[t], start);
		s->leak = leak > s->leak ? leak : s->leak;
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
