/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/generate.h"

#include <string.h>

#include "forward/forward.h"

/* Sentences in the middle of their generation; the first `live` of the lists are not finished. */
struct generator {
	struct network *network;
	const struct generation *rules;
	struct arena *arena;
	int live, *sentence; /* which one a row belongs to */
	struct span *source, *query, *past;
	int32_t *last; /* the newest token of each row */
	struct tokens *target;
	bool *cut; /* of each sentence */
	const struct span *all_source;
	real **value;
	real **step;  /* value of the newest position, one a node of the target's side */
	real **cache; /* past positions of keys and values: [row][capacity][width]; else NULL */
	long capacity;
};

static void mark_past(struct generator *g)
{
	const struct graph *graph = g->network->graph;

	for (int i = 0; i < graph->nodes; i++) {
		const struct node *n = &graph->node[i];

		for (int k = 0; n->side == TARGET && node_keys(n) == TARGET && k < n->inputs; k++)
			if (n->kind->input[k].side == KEYS)
				g->cache[n->input[k]] =
					g->step[n->input[k]]; /* grown before its first use */
	}
}

/* Double the caches and move the live sentences' past into them. */
static void grow(struct generator *g, long filled)
{
	long old = g->capacity;

	g->capacity = old ? 2 * old : 32;
	for (int i = 0; i < g->network->graph->nodes; i++) {
		long width = g->network->graph->node[i].width;

		if (!g->cache[i])
			continue;
		real *next = arena_array(
			g->arena, (size_t)(g->live * g->capacity * width), sizeof *next);
		for (int row = 0; row < g->live && old; row++)
			memcpy(next + row * g->capacity * width,
				g->cache[i] + g->past[row].start * width,
				(size_t)(filled * width) * sizeof *next);
		g->cache[i] = next;
	}
	for (int row = 0; row < g->live; row++)
		g->past[row].start = row * g->capacity;
}

static struct generator begin(struct network *net, const struct generation *rules, int sentences,
	const struct span *source, real **value, struct tokens *target, bool *cut, struct arena *a)
{
	size_t n = (size_t)sentences, nodes = (size_t)net->graph->nodes;
	struct generator g = { .network = net, .rules = rules, .arena = a, .live = sentences };

	g.all_source = source;
	g.value = value;
	g.target = target;
	g.cut = cut;
	g.sentence = arena_array(a, n, sizeof *g.sentence);
	g.source = arena_array(a, n, sizeof *g.source);
	g.query = arena_array(a, n, sizeof *g.query);
	g.past = arena_zero(a, n, sizeof *g.past);
	g.last = arena_array(a, n, sizeof *g.last);
	g.step = arena_zero(a, nodes, sizeof *g.step);
	g.cache = arena_zero(a, nodes, sizeof *g.cache);
	for (int i = 0; i < sentences; i++) {
		g.sentence[i] = i;
		g.source[i] = source[i];
		g.query[i] = (struct span){ i, 1 };
		g.last[i] = (int32_t)rules->decoder_start_token_id;
		/* the start token stands in front: bad words look at it too */
		int32_t *given = arena_array(a, (size_t)rules->max_length + 1, sizeof *given);
		given[0] = g.last[i];
		target[i] = (struct tokens){ .ids = given + 1 };
		cut[i] = false;
	}
	for (int i = 0; i < net->graph->nodes; i++)
		if (net->graph->node[i].side == TARGET && !node_is_pairs(&net->graph->node[i]))
			g.step[i] =
				arena_array(a, n * (size_t)net->graph->node[i].width, sizeof(real));
	mark_past(&g);
	return g;
}

/* The newest rows of keys or values join the past. */
static void remember(struct generator *g, int node, long t)
{
	long width = g->network->graph->node[node].width;

	for (int row = 0; row < g->live; row++)
		memcpy(g->cache[node] + (g->past[row].start + t) * width,
			g->step[node] + row * width, (size_t)width * sizeof(real));
	g->value[node] = g->cache[node];
}

/* The target's side of the network for the newest position of every live sentence. */
static const real *run_step(struct generator *g, long t)
{
	const struct network *net = g->network;
	struct batch b = { .sentences = g->live,
		.rows = { 0, g->live },
		.queries = { g->source, g->query },
		.keys = { g->source, g->past },
		.ids = { NULL, g->last } };
	struct arena_mark mark = arena_mark(g->arena);

	for (int row = 0; row < g->live; row++)
		g->past[row].rows = t + 1;
	for (int i = 0; i < net->graph->nodes; i++) {
		if (net->graph->node[i].side != TARGET)
			continue;
		g->value[i] = g->step[i];
		if (node_is_pairs(&net->graph->node[i]))
			g->value[i] = arena_array(
				g->arena, (size_t)batch_value_size(net, i, &b), sizeof(real));
		net->op[i]->forward(g->network, i, &b, g->value);
		if (g->cache[i])
			remember(g, i, t);
	}
	arena_back(g->arena, mark);
	return g->value[net->graph->nodes - 1];
}

static bool is_banned(const struct generation *g, int32_t id, const int32_t *given, long count)
{
	for (int w = 0; w < g->bad_word_count; w++) {
		const struct token_ids *word = &g->bad_words[w];
		int before = word->count - 1, k = 0;

		if (word->ids[before] != id || before > count)
			continue;
		while (k < before && given[count - before + k] == word->ids[k])
			k++;
		if (k == before)
			return true;
	}
	return false;
}

int32_t generate_best(const struct generation *g, const real *logits, long vocabulary,
	const int32_t *given, long count, int32_t except)
{
	int32_t best = -1;

	for (long i = 0; i < vocabulary; i++)
		if ((best < 0 || logits[i] > logits[best]) && i != except &&
			!is_banned(g, (int32_t)i, given, count))
			best = (int32_t)i;
	return best < 0 ? 0 : best;
}

static bool is_end(const struct generation *g, int32_t id)
{
	for (int i = 0; i < g->eos.count; i++)
		if (g->eos.ids[i] == id)
			return true;
	return false;
}

/* What a sentence predicts next; the last token it may have ends it, or cuts it. */
static int32_t predict(const struct generator *g, int row, const real *logits, long vocabulary)
{
	const struct tokens *t = &g->target[g->sentence[row]];
	int32_t best = generate_best(
		g->rules, logits + row * vocabulary, vocabulary, t->ids - 1, t->count + 1, -1);

	if (t->count + 1 < g->rules->max_length - 1)
		return best;
	g->cut[g->sentence[row]] = !is_end(g->rules, best);
	return g->rules->forced_eos_token_id >= 0 ? (int32_t)g->rules->forced_eos_token_id : best;
}

/* Take the predictions; finished sentences leave the lists. */
static void take(struct generator *g, const real *logits)
{
	long vocabulary = g->network->graph->node[g->network->graph->nodes - 1].width;
	int live = 0;

	for (int row = 0; row < g->live; row++) {
		struct tokens *t = &g->target[g->sentence[row]];
		int32_t id = predict(g, row, logits, vocabulary);

		t->ids[t->count++] = id;
		if (is_end(g->rules, id) || t->count + 1 >= g->rules->max_length)
			continue;
		g->sentence[live] = g->sentence[row];
		g->source[live] = g->source[row];
		g->past[live] = g->past[row];
		g->last[live++] = id;
	}
	g->live = live;
}

void generate(struct network *net, const struct generation *rules, int sentences,
	const struct tokens *source, struct tokens *target, bool *cut, struct arena *a)
{
	struct span *spans = arena_array(a, (size_t)sentences, sizeof *spans);
	bool *need = arena_zero(a, (size_t)net->graph->nodes, sizeof *need);
	real **value = arena_zero(a, (size_t)net->graph->nodes, sizeof *value);
	struct batch b = {
		.sentences = sentences, .queries = { spans, NULL }, .keys = { spans, NULL }
	};
	int32_t *ids;

	for (int i = 0; i < sentences; i++) {
		spans[i] = (struct span){ b.rows[SOURCE], source[i].count };
		b.rows[SOURCE] += source[i].count;
	}
	b.ids[SOURCE] = ids = arena_array(a, (size_t)b.rows[SOURCE], sizeof *ids);
	for (int i = 0; i < sentences; i++)
		memcpy(ids + spans[i].start, source[i].ids, (size_t)source[i].count * sizeof *ids);
	for (int i = 0; i < net->graph->nodes; i++)
		need[i] = net->graph->node[i].side == SOURCE;
	forward_run(net, &b, need, value, a);

	struct generator g = begin(net, rules, sentences, spans, value, target, cut, a);
	for (long t = 0; g.live; t++) {
		if (t == g.capacity)
			grow(&g, t);
		take(&g, run_step(&g, t));
	}
}
