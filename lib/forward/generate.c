/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/generate.h"

#include <assert.h>
#include <string.h>

#include "base/die.h"
#include "forward/forward.h"
#include "forward/logits.h"
#include "graph/task.h"

/* Sentences in the middle of their generation; the first `live` of the lists are not finished. */
struct generator {
	struct network *network;
	const struct generation *rules;
	struct arena *arena;
	int live, *sentence; /* which one a row belongs to */
	struct span *source, *query, *past;
	const int32_t **next; /* the newest tokens of each row */
	long *given;	      /* of each sentence: tokens that stood in front of its target */
	struct tokens *target;
	bool *cut; /* of each sentence */
	real **value;
	struct lent_values lent;
	bool *remembers; /* one a node: keys or values of the decoder's own positions */
	real **cache;	 /* their past: [row][capacity][width]; NULL: nothing yet */
	long capacity;
};

static void mark_past(struct generator *g)
{
	const struct graph *graph = g->network->graph;

	for (int i = 0; i < graph->nodes; i++) {
		const struct node *n = &graph->node[i];

		for (int k = 0; n->side == TARGET && node_keys(n) == TARGET && k < n->inputs; k++)
			g->remembers[n->input[k]] |= n->kind->input[k].side == KEYS;
	}
}

/* Caches for so many positions; the live sentences' past moves into them. */
static void grow(struct generator *g, long needed)
{
	long old = g->capacity;

	if (needed <= old)
		return;
	for (g->capacity = old ? old : 32; g->capacity < needed;)
		g->capacity *= 2;
	for (int i = 0; i < g->network->graph->nodes; i++) {
		long width = g->network->graph->node[i].width;

		if (!g->remembers[i])
			continue;
		real *next = arena_array(
			g->arena, (size_t)(g->live * g->capacity * width), sizeof *next);
		for (int row = 0; row < g->live && old; row++)
			memcpy(next + row * g->capacity * width,
				g->cache[i] + g->past[row].start * width,
				(size_t)(g->past[row].rows * width) * sizeof *next);
		g->cache[i] = next;
	}
	for (int row = 0; row < g->live; row++)
		g->past[row].start = row * g->capacity;
}

/* The tokens that a sentence's decoder begins with: the start, or what is to be continued. */
static struct tokens first_tokens(const struct generator *g, const struct tokens *source)
{
	struct tokens start = { .ids = arena_array(g->arena, 1, sizeof *start.ids), .count = 1 };

	if (graph_task(g->network->graph) == CONTINUE)
		return *source;
	start.ids[0] = (int32_t)g->rules->decoder_start_token_id;
	return start;
}

static void begin_sentence(struct generator *g, int i, const struct tokens *source)
{
	struct tokens first = first_tokens(g, source);
	long longest;

	g->given[i] = first.count;
	longest = generation_most(g->rules, g->given[i]);
	assert(first.count < longest); /* token/lines.h: such a line is left out */
	/* what stands in front is in the same list: bad words look at it too */
	int32_t *all = arena_array(g->arena, (size_t)longest + 1, sizeof *all);
	memcpy(all, first.ids, (size_t)first.count * sizeof *all);
	g->target[i] = (struct tokens){ .ids = all + first.count };
	g->cut[i] = false;
	g->sentence[i] = i;
	g->next[i] = all;
	g->query[i].rows = first.count;
}

static struct generator begin(struct network *net, const struct generation *rules, int sentences,
	const struct tokens *source, real **value, struct tokens *target, bool *cut,
	struct arena *a)
{
	size_t n = (size_t)sentences, nodes = (size_t)net->graph->nodes;
	struct generator g = { .network = net, .rules = rules, .arena = a, .live = sentences };

	g.value = value;
	g.target = target;
	g.cut = cut;
	g.sentence = arena_array(a, n, sizeof *g.sentence);
	g.given = arena_array(a, n, sizeof *g.given);
	g.source = arena_zero(a, n, sizeof *g.source);
	g.query = arena_array(a, n, sizeof *g.query);
	g.past = arena_zero(a, n, sizeof *g.past);
	g.next = arena_array(a, n, sizeof *g.next);
	g.remembers = arena_zero(a, nodes, sizeof *g.remembers);
	g.cache = arena_zero(a, nodes, sizeof *g.cache);
	for (int i = 0; i < sentences; i++)
		begin_sentence(&g, i, &source[i]);
	mark_past(&g);
	return g;
}

/* The newest rows of keys or values join the past. */
static void remember(struct generator *g, int node)
{
	long width = g->network->graph->node[node].width;

	for (int row = 0; row < g->live; row++) {
		struct span new = g->query[row];
		long at = g->past[row].start + g->past[row].rows - new.rows;

		memcpy(g->cache[node] + at * width, g->value[node] + new.start *width,
			(size_t)(new.rows *width) * sizeof(real));
	}
	g->value[node] = g->cache[node];
}

/* Room for the newest tokens of every live sentence. */
static void make_room(struct generator *g)
{
	long longest = 0;

	for (int row = 0; row < g->live; row++) {
		long rows = g->past[row].rows + g->query[row].rows;

		longest = rows > longest ? rows : longest;
	}
	grow(g, longest);
}

/* The rows of the newest tokens: their ids, and the past with them in it. */
static struct batch newest(struct generator *g)
{
	struct batch b = { .sentences = g->live,
		.queries = { g->source, g->query },
		.keys = { g->source, g->past } };
	int32_t *ids;

	for (int row = 0; row < g->live; row++) {
		g->query[row].start = b.rows[TARGET];
		b.rows[TARGET] += g->query[row].rows;
		g->past[row].rows += g->query[row].rows;
	}
	b.ids[TARGET] = ids = arena_array(g->arena, (size_t)b.rows[TARGET], sizeof *ids);
	for (int row = 0; row < g->live; row++)
		memcpy(ids + g->query[row].start, g->next[row],
			(size_t)g->query[row].rows * sizeof *ids);
	return b;
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
static int32_t predict(const struct generator *g, int row, const real *logits)
{
	int sentence = g->sentence[row];
	const struct tokens *t = &g->target[sentence];
	long given = g->given[sentence], longest = generation_most(g->rules, given);
	int32_t best = generate_best(g->rules, logits,
		g->network->graph->node[graph_logits(g->network->graph)].width, t->ids - given,
		t->count + given, -1);

	if (t->count + given == 1 && g->rules->forced_bos_token_id >= 0)
		best = (int32_t)g->rules->forced_bos_token_id;
	if (t->count + given < longest - 1)
		return best;
	g->cut[sentence] = !is_end(g->rules, best);
	return g->rules->forced_eos_token_id >= 0 ? (int32_t)g->rules->forced_eos_token_id : best;
}

/* A token without a position cannot stand in front of the next one. */
static void check_placeless(const struct generator *g, int32_t id)
{
	if (id == g->rules->placeless)
		die("the model predicts token %d, its padding, which has no position; give the targets",
			id);
}

/* Take the prediction of a live sentence. */
static void take(void *context, long row, real *logits)
{
	struct generator *g = context;
	struct tokens *t = &g->target[g->sentence[row]];

	t->ids[t->count] = predict(g, (int)row, logits);
	check_placeless(g, t->ids[t->count]);
	g->next[row] = &t->ids[t->count++];
}

/* Finished sentences leave the lists. */
static void leave(struct generator *g)
{
	int live = 0;

	for (int row = 0; row < g->live; row++) {
		int sentence = g->sentence[row];

		if (is_end(g->rules, *g->next[row]) ||
			g->target[sentence].count + g->given[sentence] >=
				generation_most(g->rules, g->given[sentence]))
			continue;
		g->sentence[live] = sentence;
		g->source[live] = g->source[row];
		g->past[live] = g->past[row];
		g->next[live] = g->next[row];
		g->query[live++].rows = 1;
	}
	g->live = live;
}

/* The decoder's side of the network for the newest tokens of every live sentence. */
static void step(struct generator *g)
{
	struct network *net = g->network;
	int last = graph_logits(net->graph);

	make_room(g);
	struct arena_mark mark = arena_mark(g->arena);
	struct batch b = newest(g);
	int *position = arena_array(g->arena, (size_t)g->live, sizeof *position);

	for (int i = 0; i < last; i++) {
		if (net->graph->node[i].side != TARGET)
			continue;
		long count = batch_value_size(net, i, &b);
		bool stays = g->remembers[i] || i == net->graph->node[last].input[0];

		g->value[i] = stays ? arena_array(g->arena, (size_t)count, sizeof(real))
				    : lent_take(&g->lent, i, count);
		net->op[i]->forward(net, i, &b, g->value);
		if (g->remembers[i])
			remember(g, i);
		lent_give(&g->lent, net->graph, i, g->value);
	}
	for (int row = 0; row < g->live; row++)
		position[row] = (int)(g->query[row].start + g->query[row].rows - 1);
	logits_run(net, g->value[net->graph->node[last].input[0]], position, g->live, take, g,
		g->arena);
	arena_back(g->arena, mark);
	leave(g);
}

/* The values of the source, where there is one. */
static void run_source(struct generator *g, int sentences, const struct tokens *source)
{
	struct network *net = g->network;
	const struct tokens **tokens = arena_array(g->arena, (size_t)sentences, sizeof *tokens);
	bool *need = arena_zero(g->arena, (size_t)net->graph->nodes, sizeof *need);
	struct batch b = { .sentences = sentences };

	for (int i = 0; i < sentences; i++)
		tokens[i] = &source[i];
	batch_side(&b, SOURCE, tokens, g->arena);
	for (int i = 0; i < net->graph->nodes; i++) {
		const struct node *n = &net->graph->node[i];

		for (int k = 0; n->side == TARGET && k < n->inputs; k++)
			need[n->input[k]] |= net->graph->node[n->input[k]].side == SOURCE;
	}
	forward_run(net, &b, need, g->value, g->arena);
	memcpy(g->source, b.queries[SOURCE], (size_t)sentences * sizeof *g->source);
}

static const bool *every_node(const struct graph *g, struct arena *a)
{
	bool *every = arena_array(a, (size_t)g->nodes, sizeof *every);

	memset(every, true, (size_t)g->nodes * sizeof *every);
	return every;
}

void generate(struct network *net, const struct generation *rules, int sentences,
	const struct tokens *source, struct tokens *target, bool *cut, struct arena *a)
{
	real **value = arena_zero(a, (size_t)net->graph->nodes, sizeof *value);
	struct generator g = begin(net, rules, sentences, source, value, target, cut, a);

	if (graph_has_side(net->graph, SOURCE))
		run_source(&g, sentences, source);
	g.lent = lent_new(net->graph, every_node(net->graph, a), a);
	while (g.live)
		step(&g);
	lent_free(&g.lent);
}
