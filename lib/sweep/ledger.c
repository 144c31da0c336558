/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep/ledger.h"

#include <math.h>
#include <stdio.h>

#include "base/die.h"

static const char *const names[LOSSES] = { "bias", "eps", "zero", "softmax" };

/* Sums over steps of each share of the start, and the worst leak. */
struct sums {
	double here, elsewhere, lost[LOSSES], leak, amplification;
	long steps;
};

struct ledger {
	const struct graph *graph;
	double limit;
	bool warned;
	struct sums *site; /* one a node */
};

struct ledger *ledger_new(const struct graph *g, double limit)
{
	struct ledger *l = must_alloc(1, sizeof *l);

	l->graph = g;
	l->limit = limit;
	l->site = must_alloc((size_t)g->nodes, sizeof *l->site);
	return l;
}

/* Against the sum that shares are taken of, and against what was put in, which it may have
 * outgrown. */
static void check_amplification(struct ledger *l, int node, double size, double sum, double start)
{
	struct sums *s = &l->site[node];
	double amplification = size > 0 ? size / fmin(fabs(sum), fabs(start)) : 1;

	if (amplification > s->amplification)
		s->amplification = amplification;
	if (amplification > 1e6 && !l->warned) {
		warn("relevance is amplified %.1g-fold at '%s': shares of either sign cancel, and "
		     "their sums mean little; -r magnitude does not amplify",
			amplification, l->graph->node[node].name);
		l->warned = true;
	}
}

void ledger_check(struct ledger *l, int node, long first, const struct ledger_entry *e)
{
	struct sums *s = &l->site[node];

	for (long t = 0; t < e->steps; t++) {
		double start = e->start[t] != 0 ? e->start[t] : 1;
		double leak = fabs(e->start[t] - e->here[t] - e->elsewhere[t]) / fabs(start);

		if (!isfinite(e->here[t]) || !isfinite(e->elsewhere[t]))
			die("step %ld: relevance at '%s' is not finite; use -r magnitude",
				first + t, l->graph->node[node].name);
		if (leak > l->limit)
			die("step %ld: %.3g of the relevance is missing at '%s' (bias %.3g, eps "
			    "%.3g, "
			    "zero denominators %.3g); allow it with --max-leak, or use -r "
			    "magnitude",
				first + t, leak, l->graph->node[node].name, e->lost[0][t] / start,
				e->lost[1][t] / start, e->lost[2][t] / start);
		check_amplification(l, node, e->size[t], e->here[t], start);
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
	for (int i = l->graph->nodes - 1; i >= 0; i--) {
		const struct sums *s = &l->site[i];
		double n = (double)s->steps;

		if (!s->steps)
			continue;
		fprintf(stderr, "%-12s %8ld %11.6f %11.6f", l->graph->node[i].name, s->steps,
			s->here / n, s->elsewhere / n);
		for (int k = 0; k < LOSSES; k++)
			fprintf(stderr, " %11.6f", s->lost[k] / n);
		fprintf(stderr, " %11.2e %13.3g\n", s->leak, s->amplification);
	}
}
