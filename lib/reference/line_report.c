/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/line_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/print.h"
#include "build/node_words.h"

/* "9 source and 8 target positions" */
static const char *positions_text(const struct given *g, struct arena *a)
{
	int source = g->tokens[SOURCE].count, target = g->tokens[TARGET].count;
	const char *taken =
		g->taken ? arena_printf(a, " (%d taken from the reference)", g->taken) : "";

	if (source && target)
		return arena_printf(
			a, "%d source and %d target positions%s", source, target, taken);
	return arena_printf(
		a, "%d position%s%s", source + target, source + target == 1 ? "" : "s", taken);
}

/* The largest difference of all, or of one node; NULL: it was not compared. */
static const struct finding *largest(const struct line_check *c, int node)
{
	const struct finding *most = NULL;

	for (int i = 0; i < c->count; i++)
		if ((node < 0 || c->findings[i].node == node) &&
			(!most || c->findings[i].most.error > most->most.error))
			most = &c->findings[i];
	return most;
}

void report_sum(const struct graph *g, const struct line_check *c, long number, struct arena *a)
{
	const struct finding *most = largest(c, -1), *logits = largest(c, graph_logits(g));

	printf("line %ld: %s, ", number, positions_text(&c->given, a));
	if (c->off)
		printf("%ld of %ld arrays %s off", c->off, c->arrays, c->off == 1 ? "is" : "are");
	else
		printf("%ld array%s", c->arrays, c->arrays == 1 ? " agrees" : "s agree");
	if (most)
		print_plain(stdout, "; at most %.2g, at %s", most->most.error,
			g->node[most->node].name);
	if (logits && logits != most)
		printf("; logits %.2g", logits->most.error);
	putchar('\n');
}

/* "  first    dec.3.self.out: layer 3 of the decoder, self-attention, output projection" */
static void put_node(
	const struct graph *g, const char *label, const struct finding *f, struct arena *a)
{
	const char *name = g->node[f->node].name, *words = node_words(name, a);

	print_plain(stdout, "  %-8s %s%s%s\n           array %s %s", label, name, words ? ": " : "",
		words ? words : "", f->array->whole, f->shape);
}

static void put_between(const struct graph *g, const struct line_check *c, struct arena *a)
{
	enum { NAMED = 8 };
	const bool *before = not_compared_before(g, c, c->findings[c->first].node, a);
	int count = 0;

	for (int i = 0; i < g->nodes; i++)
		if (before[i] && ++count <= NAMED)
			print_plain(stdout, count == 1 ? "  between  %s" : ", %s", g->node[i].name);
	if (count > NAMED)
		printf(", and %d more", count - NAMED);
	puts(count ? "" : "  between  nothing: all that it is computed from agrees");
}

void report_first(const struct graph *g, const struct line_check *c, struct arena *a)
{
	if (c->first < 0)
		return;
	const struct finding *f = &c->findings[c->first];
	const struct difference *d = &f->most;

	put_node(g, "first", f, a);
	printf(": off by %.2g of its largest number, %.3g\n           at %s %ld, neuron %ld: %.7g "
	       "here, %.7g there\n",
		d->error, d->largest, node_is_pairs(&g->node[f->node]) ? "head" : "position",
		d->row, d->neuron, d->here, d->there);
	if (c->first) {
		put_node(g, "before", f - 1, a);
		printf(": agrees, within %.2g\n", f[-1].most.error);
	} else {
		puts("  before   nothing was compared");
	}
	put_between(g, c, a);
}

void report_all(const struct graph *g, const struct line_check *c)
{
	for (int i = 0; i < c->count; i++) {
		const struct finding *f = &c->findings[i];

		print_plain(stdout, "  %-3s  %-8.2g  %-24s  %s %s\n", f->off ? "off" : "ok",
			f->most.error, g->node[f->node].name, f->array->whole, f->shape);
	}
}

/* An id and its piece, where both are known. */
static void put_id(const char *label, const struct tokens *ids, const struct given *g,
	struct tokenizer *t, long vocabulary)
{
	char digits[16];

	if (g->at >= ids->count) {
		printf("  %-8s ends after %d token%s\n", label, g->at, g->at == 1 ? "" : "s");
		return;
	}
	int32_t id = ids->ids[g->at];
	bool known = id >= 0 && id < vocabulary;

	snprintf(digits, sizeof digits, "%d", id);
	const char *piece = known ? tokenizer_piece(t, g->side, id) : digits;

	print_plain(stdout, "  %-8s %s", label, digits);
	print_plain(stdout, strcmp(piece, digits) ? " %s\n" : "\n", piece);
}

void report_ids(
	const struct given *g, const struct given_request *q, struct tokenizer *t, long number)
{
	long vocabulary = q->vocabulary[g->side];

	print_plain(stdout,
		"line %ld: %s differs at position %d; nothing else of the line is compared\n",
		number, g->differs, g->at);
	put_id("here", &g->here, g, t, vocabulary);
	put_id("there", &g->there, g, t, vocabulary);
}
