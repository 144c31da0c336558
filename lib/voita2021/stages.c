/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The residual blocks of a graph, found by walking down from the logits:
 *
 *     norm <- add <- x                               the norm behind, as here, or
 *               ^--- linear <- branch <- x           in front of the branch: <- norm <- x
 *
 *     branch     activation <- linear, or context <- (softmax <- scores <- q, k; v)
 *     embedding  embed, add of two of them, or the norm of that
 */
#include "base/die.h"
#include "voita2021/stages.h"

/* The walk: stages so far, and which nodes are in one. */
struct walk {
	const struct plan *plan;
	const struct node *node;
	struct voita *voita;
	bool *taken;
};

_Noreturn static void refuse(const struct walk *w, int node, const char *what)
{
	die("rule voita2021: node '%s' %s; it goes by residual blocks: x + f(x), normalised behind "
	    "or in front, with attention or two layers for f; use another rule",
		w->node[node].name, what);
}

static bool is(const struct walk *w, int node, const struct kind *kind)
{
	return node >= 0 && w->node[node].kind == kind;
}

/* The node belongs to this stage, and must be what it is taken for. */
static void take(struct walk *w, struct stage *s, int node, const struct kind *kind)
{
	if (!is(w, node, kind))
		refuse(w, node, "is not what stands there in a block");
	if (w->taken[node])
		refuse(w, node, "is in two blocks");
	if (kind == &kind_add && w->node[node].inputs != 2)
		refuse(w, node, "is a sum of three");
	w->taken[node] = true;
	s->node[s->nodes++] = node;
	s->asked |= w->plan->site[node];
}

static int input(const struct walk *w, int node)
{
	return node >= 0 && w->node[node].inputs ? w->node[node].input[0] : -1;
}

/* add <- linear <- branch: does the branch read x as it is? */
static bool is_plain_block(const struct walk *w, int add)
{
	int out = w->node[add].input[1], inner;

	if (!is(w, out, &kind_linear))
		return false;
	inner = input(w, out);
	if (is(w, inner, &kind_context)) /* the queries, by way of weights and scores */
		inner = input(w, input(w, inner));
	return input(w, input(w, inner)) == input(w, add);
}

static bool is_embedding(const struct walk *w, int node)
{
	if (is(w, node, &kind_add))
		return is(w, w->node[node].input[0], &kind_embed) &&
		       is(w, w->node[node].input[1], &kind_embed);
	return is(w, node, &kind_embed);
}

static void feed_forward(struct walk *w, struct stage *s)
{
	s->kind = STAGE_FEED_FORWARD;
	s->act = input(w, s->out);
	take(w, s, s->act, &kind_activation);
	s->inner = input(w, s->act);
	take(w, s, s->inner, &kind_linear);
	s->read = input(w, s->inner);
}

static void attention(struct walk *w, struct stage *s)
{
	s->context = input(w, s->out);
	take(w, s, s->context, &kind_context);
	s->weights = input(w, s->context);
	take(w, s, s->weights, &kind_softmax);
	s->scores = input(w, s->weights);
	take(w, s, s->scores, &kind_scores);
	if (key_heads(attention_of(&w->node[s->scores])) != node_heads(&w->node[s->scores]))
		refuse(w, s->scores, "has keys that several heads read");
	if (attention_of(&w->node[s->scores])->cap != 0)
		refuse(w, s->scores, "has a cap");
	s->q = input(w, s->scores);
	s->k = w->node[s->scores].input[1];
	s->v = w->node[s->context].input[1];
	take(w, s, s->q, &kind_linear);
	take(w, s, s->k, &kind_linear);
	take(w, s, s->v, &kind_linear);
	s->read = input(w, s->q);
	s->memory = input(w, s->k);
	if (input(w, s->v) != s->memory)
		refuse(w, s->v, "reads something else than the keys");
	s->kind = s->memory == s->read ? STAGE_SELF : STAGE_CROSS;
}

static void block(struct walk *w, struct stage *s)
{
	if (s->norm >= 0)
		take(w, s, s->norm, &kind_norm);
	take(w, s, s->add, &kind_add);
	s->bottom = input(w, s->add);
	s->out = w->node[s->add].input[1];
	take(w, s, s->out, &kind_linear);
	if (is(w, input(w, s->out), &kind_context))
		attention(w, s);
	else
		feed_forward(w, s);
	if (s->read == s->bottom)
		return;
	if (s->norm >= 0 || input(w, s->read) != s->bottom)
		refuse(w, s->read, "does not lead to the other term of the sum");
	s->before = true;
	s->norm = s->read;
	take(w, s, s->norm, &kind_norm);
}

static void embedding(struct walk *w, struct stage *s)
{
	int node = s->top;

	s->kind = STAGE_EMBEDDING;
	s->bottom = -1;
	if (is(w, node, &kind_norm)) {
		take(w, s, s->norm = node, &kind_norm);
		node = input(w, node);
	}
	if (is(w, node, &kind_add)) {
		take(w, s, s->add = node, &kind_add);
		take(w, s, w->node[node].input[0], &kind_embed);
		take(w, s, w->node[node].input[1], &kind_embed);
	} else {
		take(w, s, node, &kind_embed);
	}
}

/* The stage whose top is this node; `first`: the outermost of its side. */
static struct stage *stage(struct walk *w, int top, bool first)
{
	struct stage *s = &w->voita->stage[w->voita->stages++];
	int under = is(w, top, &kind_norm) ? input(w, top) : top;

	*s = (struct stage){ .top = top, .norm = -1, .add = -1, .memory = -1 };
	if (is_embedding(w, under)) {
		embedding(w, s);
	} else if (is(w, under, &kind_add) && (under == top || is_plain_block(w, under))) {
		s->norm = under == top ? -1 : top;
		s->add = under;
		block(w, s);
	} else if (first && is(w, top, &kind_norm)) {
		s->kind = STAGE_FINAL_NORM;
		take(w, s, top, &kind_norm);
		s->bottom = under;
	} else {
		refuse(w, top, "is no end of a block");
	}
	return s;
}

/* From a node down to the embedding. Returns the node that cross-attention reads, or -1. */
static int stack(struct walk *w, int node)
{
	int memory = -1;

	for (bool first = true; node >= 0; first = false) {
		const struct stage *s = stage(w, node, first);

		if (s->kind == STAGE_CROSS) {
			if (memory >= 0 && s->memory != memory)
				refuse(w, s->k, "reads something else than the blocks above");
			memory = s->memory;
		}
		node = s->bottom;
	}
	return memory;
}

static void check_sites(const struct walk *w)
{
	for (int i = 0; i < w->plan->start; i++) {
		if (!w->plan->site[i])
			continue;
		if (!w->taken[i])
			refuse(w, i, "is in no block");
		if (node_is_pairs(&w->node[i]))
			die_usage("voita2021 hands relevance of context vectors on to queries, "
				  "keys and "
				  "values at once: there is none at '%s'",
				w->node[i].name);
	}
}

void voita_plan(struct plan *q, struct arena *a)
{
	const struct graph *g = q->network->graph;
	struct voita *voita = arena_zero(a, 1, sizeof *voita);
	struct walk w = { q, g->node, voita, arena_zero(a, (size_t)g->nodes, sizeof *w.taken) };

	backward_plan(q, a);
	voita->stage = arena_zero(a, (size_t)g->nodes, sizeof *voita->stage);
	int memory = stack(&w, g->node[q->start].input[0]);
	if (memory >= 0 && stack(&w, memory) >= 0)
		refuse(&w, memory, "is made by cross-attention too");
	check_sites(&w);
	for (int i = 0; i < voita->stages; i++)
		if (voita->stage[i].asked)
			voita->needed = i + 1;
	q->voita = voita;
}

/* An embedding without a site has its relevance only counted, and a final norm passes it. */
static bool is_computed(const struct stage *s)
{
	return s->kind != STAGE_FINAL_NORM && (s->asked || s->kind != STAGE_EMBEDDING);
}

void voita_needs(const struct plan *q, bool *need)
{
	for (int i = 0; i < q->voita->needed; i++)
		for (int k = 0; k < q->voita->stage[i].nodes; k++)
			if (is_computed(&q->voita->stage[i]))
				sentence_needs(q, q->voita->stage[i].node[k], need);
}

struct sentence *voita_sentence(
	const struct plan *q, const struct trace *t, real *const *value, const struct workers *w)
{
	struct sentence *s = sentence_new(q, t, value, w);

	for (int i = 0; i < q->voita->needed; i++) /* at hand as a whole, where they are kept */
		for (int k = 0; k < q->voita->stage[i].nodes; k++) {
			int node = q->voita->stage[i].node[k];
			const struct node *n = &q->network->graph->node[node];

			if (!is_computed(&q->voita->stage[i]) || !n->kind->weight ||
				!n->weight.tensor)
				continue;
			if (!node_is_dense(q->network->graph, n) || !q->network->block)
				network_weight(q->network, node, PLAIN);
			network_bias(q->network, node);
		}
	return s;
}
