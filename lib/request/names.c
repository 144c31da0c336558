/* SPDX-License-Identifier: Apache-2.0 */
#include "request/names.h"

#include <unistd.h>

#include "base/die.h"
#include "model/open.h"
#include "token/tokenizer.h"

/* What a trace record knows of its tokens. */
struct known {
	struct tokens target, around; /* what all steps predict, and what stands on their side */
	const int *step;	      /* those that are swept, of all of them */
	long steps;
	const int32_t *sampled; /* of each of these, the token that was drawn; NULL: none */
	struct tensor shape;	/* top.ids [steps, k] */
	const int32_t *ids;	/* its elements; NULL: not asked for */
	const char **pieces;	/* of them; NULL: no text */
	struct arena *arena;
};

/* The pieces of top.ids, a list of k for each step. */
static const char **read_top_pieces(const struct known *k, const msgpack_object *list)
{
	long steps = k->shape.shape[0], tokens = k->shape.shape[1];
	const char **pieces = arena_array(k->arena, (size_t)(steps * tokens), sizeof *pieces);

	if (list->type != MSGPACK_OBJECT_ARRAY || list->via.array.size != (uint64_t)steps)
		die("'top.pieces' needs a list of pieces for each of its %ld steps", steps);
	for (long t = 0; t < steps; t++) {
		const msgpack_object *row = &list->via.array.ptr[t];

		if (row->type != MSGPACK_OBJECT_ARRAY || row->via.array.size != (uint64_t)tokens)
			die("'top.pieces' needs %ld pieces at step %ld", tokens, t);
		for (long i = 0; i < tokens; i++)
			pieces[t * tokens + i] =
				object_text(&row->via.array.ptr[i], "top.pieces", k->arena);
	}
	return pieces;
}

/* `most`: at least so many of each step. */
static void read_top(struct known *k, const struct record *r, long most)
{
	const msgpack_object *top = record_map(r, "top"), *pieces = map_find(top, "pieces");

	k->shape = map_tensor(top, "top", "ids");
	tensor_expect(&k->shape, "top.ids", 2, (long)k->target.count, -1L);
	if (k->shape.shape[1] < most)
		die("tensor 'top.ids' names %ld tokens a step, not %ld", k->shape.shape[1], most);
	k->ids = tensor_ints(&k->shape, r->arena, "top.ids");
	k->pieces = pieces ? read_top_pieces(k, pieces) : NULL;
}

static struct known read_known(const struct start_request *s, const struct trace *t)
{
	struct known k = { .target = record_tokens(t->record, "target"),
		.around = t->tokens[t->steps.side],
		.step = t->step,
		.steps = t->steps.count,
		.sampled = t->sampled,
		.arena = t->record->arena };
	long most = 0;

	for (int i = 0; i < s->tokens; i++) {
		most = (s->token[i].at == START_TOP1 || t->sampled) && most < 1 ? 1 : most;
		most = s->token[i].at == START_TOP2 ? 2 : most;
	}
	if (most)
		read_top(&k, t->record, most);
	return k;
}

static const char *by_id(const struct known *k, int32_t id)
{
	return arena_printf(k->arena, "id %ld", (long)id);
}

/* Of the first or second most likely token; without its piece, that of a target of the same id. */
static const char *top_name(const struct known *k, long step, long rank)
{
	long at = step * k->shape.shape[1] + rank;

	if (k->pieces)
		return k->pieces[at];
	if (k->target.pieces && k->target.ids[step] == k->ids[at])
		return k->target.pieces[step];
	return by_id(k, k->ids[at]);
}

/* Of a token that was drawn, where it is one of the likeliest or the one that was forced. */
static const char *sampled_name(const struct known *k, long t)
{
	int step = k->step[t];

	for (long rank = 0; k->pieces && rank < k->shape.shape[1]; rank++)
		if (k->ids[step * k->shape.shape[1] + rank] == k->sampled[t])
			return k->pieces[step * k->shape.shape[1] + rank];
	if (k->target.pieces && k->target.ids[step] == k->sampled[t])
		return k->target.pieces[step];
	return by_id(k, k->sampled[t]);
}

/* Of a token that was typed: the vocabulary's, else that of the same id somewhere in the record. */
static const char *typed_name(const struct known *k, const struct start_token *token)
{
	const struct tokens *lists[] = { &k->target, &k->around };

	if (token->piece)
		return token->piece;
	for (int l = 0; l < 2; l++)
		for (int i = 0; lists[l]->pieces && i < lists[l]->count; i++)
			if (lists[l]->ids[i] == token->id)
				return lists[l]->pieces[i];
	return by_id(k, token->id);
}

static void name_steps(const struct known *k, const struct start_token *token, const char **names)
{
	const char *typed = token->at == START_ID ? typed_name(k, token) : NULL;

	for (long t = 0; t < k->steps; t++) {
		int step = k->step[t];

		if (k->sampled)
			names[t] = sampled_name(k, t);
		else if (token->at == START_FORCED)
			names[t] = k->target.pieces ? k->target.pieces[step]
						    : by_id(k, k->target.ids[step]);
		else
			names[t] = typed ? typed : top_name(k, step, token->at == START_TOP2);
	}
}

const char **start_names(const struct start_request *s, const struct trace *trace)
{
	static const struct start_token forced = { .at = START_FORCED };
	const char **names, **others;

	if (s->from)
		return NULL;
	struct known k = read_known(s, trace);
	if (!k.target.pieces && !k.pieces)
		return NULL;
	names = arena_array(k.arena, (size_t)k.steps, sizeof *names);
	name_steps(&k, s->size == SIZE_LOSS ? &forced : &s->token[0], names);
	if (s->tokens == 1 || s->size == SIZE_LOSS)
		return names;
	others = arena_array(k.arena, (size_t)k.steps, sizeof *others);
	name_steps(&k, &s->token[1], others);
	for (long t = 0; t < k.steps; t++)
		names[t] = arena_printf(k.arena, "%s - %s", names[t], others[t]);
	return names;
}

void start_names_write(struct draft *d, const char *const *names, long first, long steps)
{
	if (!names)
		return;
	draft_list(d, "predicted", (int)steps);
	for (long t = first; t < first + steps; t++)
		draft_text(d, NULL, names[t]);
}

/* The tokenizer of the checkpoint's directory, for the life of the process; NULL: none is there. */
static struct tokenizer *tokenizer_beside(const struct checkpoint *c)
{
	struct arena a = { 0 };
	const char *directory = checkpoint_path(c);
	struct tokenizer *t = NULL;

	if (access(arena_printf(&a, "%s/config.json", directory), R_OK) == 0)
		t = model_tokenizer_beside(directory, c);
	if (t)
		tokenizer_for_ids(t);
	if (t && !tokenizer_has_pieces(t, SOURCE))
		t = NULL;
	arena_free(&a);
	return t;
}

void start_find_pieces(struct request *q, const struct checkpoint *c)
{
	const struct graph *g = q->graph;
	struct tokenizer *t = NULL;

	if (q->named && q->named == c)
		return;
	for (int i = 0; i < q->start.tokens; i++) {
		struct start_token *token = &q->start.token[i];

		token->piece = NULL;
		if (token->at != START_ID || token->id >= g->node[graph_logits(g)].width || !c)
			continue;
		t = t ? t : tokenizer_beside(c);
		token->piece = t ? tokenizer_piece(t, graph_steps(g), token->id) : NULL;
	}
	q->named = c;
}
