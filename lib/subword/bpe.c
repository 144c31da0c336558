/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte pair encoding (Sennrich et al. 2016): a word's characters are pieces, and as long as two
 * neighbours can be merged, those whose merge was learned first are, the leftmost of them first.
 */
#include <stdint.h>
#include <string.h>
#include <xxhash.h>

#include "base/die.h"
#include "subword/model.h"
#include "subword/stage.h"
#include "text/unicode.h"

/* Two pieces and what they become: an open hash table, at most half full. */
struct pair_merge {
	int32_t left, right; /* left -1: free */
	int32_t rank, id;
};

/* Words that were split before, each in the place of its hash. */
enum { KEPT = 1 << 15, KEPT_BYTES = 44, KEPT_TOKENS = 12 };
struct kept {
	unsigned char length, count; /* length 0: none */
	char word[KEPT_BYTES];
	int32_t ids[KEPT_TOKENS];
};

struct bpe {
	struct lexicon *lexicon;
	struct pair_merge *merges;
	size_t places;
	struct kept *kept;
	struct piece prefix, suffix; /* of pieces inside of a word, of the last one */
	int32_t unknown;	     /* -1: what is unknown is left out */
	bool fuses, falls_back, takes_words;
	int32_t bytes[256];
};

static struct pair_merge *find_merge(const struct bpe *b, int32_t left, int32_t right)
{
	const int32_t pair[] = { left, right };
	size_t i = XXH3_64bits(pair, sizeof pair) & (b->places - 1);

	while (b->merges[i].left >= 0 && (b->merges[i].left != left || b->merges[i].right != right))
		i = (i + 1) & (b->places - 1);
	return &b->merges[i];
}

/* A merge is "a b", or ["a", "b"] where pieces have spaces. */
static void read_pair(const struct json_file *f, const json_t *merge, struct piece pair[2])
{
	const char *text = json_string_value(merge);
	const char *space = text ? strchr(text, ' ') : NULL;

	if (space && !strchr(space + 1, ' ')) {
		size_t n = json_string_length(merge), left = (size_t)(space - text);

		pair[0] = (struct piece){ text, left };
		pair[1] = (struct piece){ space + 1, n - left - 1 };
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		const json_t *side = json_array_get(merge, i);

		if (!json_is_string(side) || json_array_size(merge) != 2)
			die("%s: 'merges' must be a list of pairs, \"a b\" or [\"a\", \"b\"]",
				f->path);
		pair[i] = (struct piece){ json_string_value(side), json_string_length(side) };
	}
}

static void add_merge(struct bpe *b, const struct json_file *f, const json_t *merge, int32_t rank)
{
	struct arena a = { 0 };
	struct writing d = { .arena = &a };
	struct piece pair[2];

	read_pair(f, merge, pair);
	int32_t left = lexicon_id(b->lexicon, pair[0]), right = lexicon_id(b->lexicon, pair[1]);
	size_t inside =
		piece_begins(pair[1], b->prefix.text, b->prefix.length) ? b->prefix.length : 0;

	write_text(&d, pair[0].text, pair[0].length);
	write_text(&d, pair[1].text + inside, pair[1].length - inside);
	int32_t id = lexicon_id(b->lexicon, written_piece(&d, 0));
	if (left < 0 || right < 0 || id < 0)
		die("%s: merge %ld, '%.*s' and '%.*s': one of them, or both as one, are not in the vocabulary",
			f->path, (long)rank, (int)pair[0].length, pair[0].text, (int)pair[1].length,
			pair[1].text);
	*find_merge(b, left, right) = (struct pair_merge){ left, right, rank, id };
	arena_free(&a);
}

static void read_merges(struct bpe *b, const struct json_file *f)
{
	const json_t *list = json_find(f, "merges");
	json_t *merge;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > INT32_MAX / 4)
		die("%s: 'merges' must be a list", f->path);
	for (b->places = 64; b->places < 2 * json_array_size(list);)
		b->places *= 2;
	b->merges = must_alloc(b->places, sizeof *b->merges);
	for (i = 0; i < b->places; i++)
		b->merges[i].left = -1;
	json_array_foreach((json_t *)list, i, merge) add_merge(b, f, merge, (int32_t)i);
}

static struct piece piece_or_none(const struct json_file *f, const char *key)
{
	return json_find(f, key) ? setting_piece(f, key) : piece_of("");
}

static void *open_bpe(const struct json_file *f, struct lexicon **lexicon)
{
	struct bpe *b = must_alloc(1, sizeof *b);
	struct piece unknown = piece_or_none(f, "unk_token");

	if (json_real_or(f, "dropout", 0) != 0)
		die("%s: 'dropout' is not 0: random pieces are not supported", f->path);
	b->lexicon = *lexicon = vocabulary_of(f, "vocab");
	b->prefix = piece_or_none(f, "continuing_subword_prefix");
	b->suffix = piece_or_none(f, "end_of_word_suffix");
	read_merges(b, f);
	b->kept = must_alloc(KEPT, sizeof *b->kept);
	b->unknown = unknown.length ? lexicon_id(b->lexicon, unknown) : -1;
	if (unknown.length && b->unknown < 0)
		die("%s: 'unk_token' is '%s', which is not in the vocabulary", f->path,
			unknown.text);
	b->fuses = json_bool_or(f, "fuse_unk", false);
	b->falls_back = json_bool_or(f, "byte_fallback", false);
	b->takes_words = json_bool_or(f, "ignore_merges", false);
	byte_ids(b->lexicon, b->bytes);
	return b;
}

/* The pieces of a word in the making; one that was merged into the one before it has id -1. */
struct merging {
	const struct bpe *bpe;
	int32_t *id, *before, *after; /* neighbours, -1: none */
	int32_t count;
	struct chance { /* a heap: the smallest rank, then place, on top */
		int32_t rank, place, id;
	} * heap;
	size_t chances;
};

static bool sooner(const struct chance *x, const struct chance *y)
{
	return x->rank != y->rank ? x->rank < y->rank : x->place < y->place;
}

static void push(struct merging *w, struct chance c)
{
	size_t i = w->chances++;

	for (; i && sooner(&c, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = c;
}

static struct chance pop(struct merging *w)
{
	struct chance top = w->heap[0], last = w->heap[--w->chances];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= w->chances)
			break;
		if (child + 1 < w->chances && sooner(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!sooner(&w->heap[child], &last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = last;
	return top;
}

/* What a piece and the one behind it can become. */
static const struct pair_merge *merge_at(const struct merging *w, int32_t place)
{
	if (place < 0 || w->after[place] < 0)
		return NULL;

	const struct pair_merge *m = find_merge(w->bpe, w->id[place], w->id[w->after[place]]);

	return m->left < 0 ? NULL : m;
}

static void consider(struct merging *w, int32_t place)
{
	const struct pair_merge *m = merge_at(w, place);

	if (m)
		push(w, (struct chance){ m->rank, place, m->id });
}

static void merge_all(struct merging *w)
{
	for (int32_t i = 0; i < w->count; i++)
		consider(w, i);
	while (w->chances) {
		struct chance c = pop(w);
		const struct pair_merge *m = w->id[c.place] < 0 ? NULL : merge_at(w, c.place);

		if (!m || m->id != c.id)
			continue; /* one of the two is another piece by now */

		int32_t gone = w->after[c.place];

		w->id[c.place] = c.id;
		w->id[gone] = -1;
		w->after[c.place] = w->after[gone];
		if (w->after[gone] >= 0)
			w->before[w->after[gone]] = c.place;
		consider(w, w->before[c.place]);
		consider(w, c.place);
	}
}

/* The character with what a vocabulary puts around it inside and at the end of words. */
static struct piece dressed(
	const struct bpe *b, struct piece character, bool first, bool last, struct arena *a)
{
	struct writing d = { .arena = a };

	if ((first || !b->prefix.length) && (!last || !b->suffix.length))
		return character;
	if (!first)
		write_text(&d, b->prefix.text, b->prefix.length);
	write_text(&d, character.text, character.length);
	if (last)
		write_text(&d, b->suffix.text, b->suffix.length);
	return written_piece(&d, 0);
}

/* A word's first pieces: characters, or their bytes, or the unknown one. */
static void add_characters(
	const struct bpe *b, struct piece word, struct subwords *to, struct arena *a)
{
	const char *p = word.text, *end = p + word.length;
	bool waits = false; /* an unknown piece to be added, which those behind it may join */

	while (p < end) {
		const char *from = p;

		unicode_next(&p, end);
		struct piece one = dressed(b, (struct piece){ from, (size_t)(p - from) },
			from == word.text, p == end, a);
		int32_t id = lexicon_id(b->lexicon, one);

		if (id < 0 && b->falls_back && add_bytes(b->lexicon, b->bytes, one, to, a))
			continue;
		if (waits && (id >= 0 || !b->fuses))
			subwords_add(to, b->unknown, piece_of(""), a);
		if (id >= 0)
			subwords_add(to, id, one, a);
		waits = id < 0 && b->unknown >= 0;
	}
	if (waits)
		subwords_add(to, b->unknown, piece_of(""), a);
}

static void split_new(const struct bpe *b, struct piece text, struct subwords *to, struct arena *a)
{
	struct subwords first = { 0 };
	struct merging w = { .bpe = b };

	add_characters(b, text, &first, a);
	if (first.count > INT32_MAX / 4)
		die("a word is too long");
	w.count = (int32_t)first.count;
	w.id = first.ids;
	w.before = arena_array(a, first.count, sizeof *w.before);
	w.after = arena_array(a, first.count, sizeof *w.after);
	w.heap = arena_array(
		a, 3 * first.count, sizeof *w.heap); /* a merge adds two, takes one piece */
	for (int32_t i = 0; i < w.count; i++) {
		w.before[i] = i - 1;
		w.after[i] = i + 1 < w.count ? i + 1 : -1;
	}
	merge_all(&w);
	for (int32_t i = 0; i < w.count; i++)
		if (w.id[i] >= 0)
			subwords_add(to, w.id[i], *lexicon_piece(b->lexicon, w.id[i]), a);
}

static void keep(struct kept *k, struct piece word, const int32_t *ids, size_t count)
{
	if (count > KEPT_TOKENS)
		return;
	k->length = (unsigned char)word.length;
	k->count = (unsigned char)count;
	memcpy(k->word, word.text, word.length);
	memcpy(k->ids, ids, count * sizeof *ids);
}

static void split(void *opened, struct piece word, struct subwords *to, struct arena *a)
{
	const struct bpe *b = opened;
	int32_t whole = b->takes_words ? lexicon_id(b->lexicon, word) : -1;
	size_t before = to->count;

	if (whole >= 0) {
		subwords_add(to, whole, *lexicon_piece(b->lexicon, whole), a);
		return;
	}
	if (word.length > KEPT_BYTES) {
		split_new(b, word, to, a);
		return;
	}
	struct kept *k = &b->kept[XXH3_64bits(word.text, word.length) % KEPT];

	if (k->length == word.length && !memcmp(k->word, word.text, word.length)) {
		for (int i = 0; i < k->count; i++)
			subwords_add(to, k->ids[i], *lexicon_piece(b->lexicon, k->ids[i]), a);
		return;
	}
	split_new(b, word, to, a);
	if (to->count > before)
		keep(k, word, to->ids + before, to->count - before);
}

const struct model_kind model_bpe = { "BPE",
	(const char *const[]){ "vocab", "merges", "unk_token", "dropout",
		"continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
		"ignore_merges", NULL },
	open_bpe, split };
