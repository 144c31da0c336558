/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep/ledger.h"

#include <math.h>
#include <stdio.h>

#include "base/die.h"

/* Sums over steps of each share of the start, and the worst leak. */
struct sums {
	double here, elsewhere, lost[3], leak, amplification;
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

/* Against the sum that shares are taken of, and against what was put in, which it may have outgrown. */
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
			die("step %ld: relevance at '%s' is not finite; use -r magnitude", first + t,
				l->graph->node[node].name);
		if (leak > l->limit)
			die("step %ld: %.3g of the relevance is missing at '%s' (bias %.3g, eps %.3g, "
			    "zero denominators %.3g); allow it with --max-leak, or use -r magnitude",
				first + t, leak, l->graph->node[node].name, e->lost[0][t] / start,
				e->lost[1][t] / start, e->lost[2][t] / start);
		check_amplification(l, node, e->size[t], e->here[t], start);
		s->leak = leak > s->leak ? leak : s->leak;
		s->here += e->here[t] / start;
		s->elsewhere += e->elsewhere[t] / start;
		for (int k = 0; k < 3; k++)
			s->lost[k] += e->lost[k][t] / start;
		s->steps++;
	}
}

void ledger_write(struct draft *d, const struct ledger_entry *e, struct arena *a)
{
	double *lost = arena_array(a, (size_t)e->steps, sizeof *lost);

	for (long t = 0; t < e->steps; t++)
		lost[t] = e->lost[0][t] + e->lost[1][t] + e->lost[2][t];
	draft_map(d, "ledger", 7);
	draft_doubles(d, "start", e->start, 1, e->steps);
	draft_doubles(d, "here", e->here, 1, e->steps);
	draft_doubles(d, "elsewhere", e->elsewhere, 1, e->steps);
	draft_doubles(d, "lost", lost, 1, e->steps);
	draft_doubles(d, "bias", e->lost[0], 1, e->steps);
	draft_doubles(d, "eps", e->lost[1], 1, e->steps);
	draft_doubles(d, "zero", e->lost[2], 1, e->steps);
}

void ledger_report(const struct ledger *l)
{
	fprintf(stderr, "%-12s %8s %11s %11s %11s %11s %11s %11s %13s\n", "site", "steps",
		"here", "elsewhere", "bias", "eps", "zero", "worst leak", "amplification");
	for (int i = l->graph->nodes - 1; i >= 0; i--) {
		const struct sums *s = &l->site[i];
		double n = (double)s->steps;

		if (s->steps)
			fprintf(stderr,
				"%-12s %8ld %11.6f %11.6f %11.6f %11.6f %11.6f %11.2e %13.3g\n",
				l->graph->node[i].name, s->steps, s->here / n, s->elsewhere / n,
				s->lost[0] / n, s->lost[1] / n, s->lost[2] / n, s->leak,
				s->amplification);
	}
}
