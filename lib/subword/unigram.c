/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unigram (Kudo 2018): of all ways to split a text the one whose pieces have the largest sum of
 * scores (Viterbi's algorithm). A character that is no piece costs 10 more than the worst one.
 */
#include <stdint.h>

#include "base/die.h"
#include "subword/model.h"
#include "subword/stage.h"
#include "text/trie.h"
#include "text/unicode.h"

#define UNKNOWN_PENALTY 10.0

struct unigram {
	struct lexicon *lexicon;
	struct trie *trie;
	double *score; /* by id */
	double unknown_score;
	long unknown; /* -1: a text with an unknown character is an error */
	bool falls_back;
	int32_t bytes[256];
	const char *where;
};

static void read_pieces(struct unigram *u, const struct json_file *f)
{
	const json_t *list = json_find(f, "vocab");
	size_t n = json_array_size(list);
	struct piece *pieces = must_alloc(n + 1, sizeof *pieces);
	int32_t *ids = must_alloc(n + 1, sizeof *ids);
	double least = 0;

	if (!n || n > LEXICON_END)
		die("%s: 'vocab' must be a list of pieces with scores", f->path);
	u->score = must_alloc(n, sizeof *u->score);
	u->lexicon = lexicon_new(n);
	for (size_t i = 0; i < n; i++) {
		const json_t *text = json_array_get(json_array_get(list, i), 0);
		const json_t *score = json_array_get(json_array_get(list, i), 1);

		if (!json_is_string(text) || !json_is_number(score))
			die("%s: 'vocab' must be a list of pieces with scores", f->path);
		pieces[i] = (struct piece){ json_string_value(text), json_string_length(text) };
		ids[i] = (int32_t)i;
		u->score[i] = json_number_value(score);
		if (!i || u->score[i] < least)
			least = u->score[i];
		lexicon_add(u->lexicon, pieces[i], ids[i]);
	}
	u->unknown_score = least - UNKNOWN_PENALTY;
	u->trie = trie_new(pieces, ids, n);
}

static void *open_unigram(const struct json_file *f, struct lexicon **lexicon)
{
	struct unigram *u = must_alloc(1, sizeof *u);

	read_pieces(u, f);
	*lexicon = u->lexicon;
	u->where = f->path;
	u->unknown = json_int_or(f, "unk_id", -1);
	if (u->unknown >= lexicon_end(u->lexicon))
		die("%s: 'unk_id' is %ld, beyond the vocabulary", f->path, u->unknown);
	u->falls_back = json_bool_or(f, "byte_fallback", false);
	byte_ids(u->lexicon, u->bytes);
	return u;
}

/* The best way to split what is in front of a place: its sum, and its last piece. */
struct best {
	double sum;
	size_t begin; /* SIZE_MAX: no way yet */
	int32_t id;
};

static void offer(struct best *at, double sum, size_t begin, int32_t id)
{
	if (at->begin == SIZE_MAX || sum > at->sum)
		*at = (struct best){ sum, begin, id };
}

/* Pieces that begin at a place. */
static void offer_pieces(
	const struct unigram *u, struct piece text, size_t begin, struct best *best)
{
	const char *p = text.text + begin, *end = text.text + text.length;
	int32_t node = TRIE_ROOT;
	bool single = false;

	unicode_next(&p, end);
	size_t one = (size_t)(p - text.text) - begin;
	for (size_t i = begin; i < text.length; i++) {
		node = trie_step(u->trie, node, (unsigned char)text.text[i]);
		if (node < 0)
			break;

		int32_t id = trie_number(u->trie, node);

		if (id < 0)
			continue;
		offer(&best[i + 1], u->score[id] + best[begin].sum, begin, id);
		single |= i + 1 - begin == one;
	}
	if (!single)
		offer(&best[begin + one], u->unknown_score + best[begin].sum, begin,
			(int32_t)u->unknown);
}

static void add_unknown(
	const struct unigram *u, struct piece text, struct subwords *to, struct arena *a)
{
	int32_t id = lexicon_id(u->lexicon, text);

	if (id >= 0) {
		subwords_add(to, id, *lexicon_piece(u->lexicon, id), a);
		return;
	}
	if (u->falls_back && add_bytes(u->lexicon, u->bytes, text, to, a))
		return;
	if (u->unknown < 0)
		die("%s: '%.*s' is unknown, and 'unk_id' missing", u->where,
			(int)(text.length < 100 ? text.length : 100), text.text);
	subwords_add(to, (int32_t)u->unknown,
		(struct piece){ arena_text(a, text.text, text.length), text.length }, a);
}

/* Unknown characters that follow each other are one token. */
static void split(void *opened, struct piece text, struct subwords *to, struct arena *a)
{
	const struct unigram *u = opened;
	struct best *best = arena_array(a, text.length + 1, sizeof *best);
	size_t *places = arena_array(a, text.length + 1, sizeof *places), n = 0;

	for (size_t i = 0; i <= text.length; i++)
		best[i] = (struct best){ 0, SIZE_MAX, -1 };
	for (size_t i = 0; i < text.length; i++)
		if (!i || best[i].begin != SIZE_MAX)
			offer_pieces(u, text, i, best);
	for (size_t end = text.length; end; end = best[end].begin)
		places[n++] = end;
	while (n) {
		const struct best *b = &best[places[--n]];
		size_t begin = b->begin;

		if (b->id != u->unknown) {
			subwords_add(to, b->id, *lexicon_piece(u->lexicon, b->id), a);
			continue;
		}
		while (n && best[places[n - 1]].id == u->unknown)
			n--;
		add_unknown(u, (struct piece){ text.text + begin, places[n] - begin }, to, a);
	}
}

const struct model_kind model_unigram = { "Unigram",
	(const char *const[]){ "vocab", "unk_id", "byte_fallback", NULL }, open_unigram, split };
