/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WordPiece (Schuster and Nakajima 2012; BERT): the longest piece of the vocabulary that a word begins
 * with, then the longest one for what is left, and so on; a word that does not come out is unknown.
 * WordLevel: the word as it is.
 */
#include "base/die.h"
#include "subword/model.h"
#include "subword/stage.h"
#include "text/trie.h"
#include "text/unicode.h"

struct word_piece {
	struct lexicon *lexicon;
	struct trie *trie;
	int32_t inside; /* the trie's node behind the sign of a piece that goes on; -1: none */
	int32_t unknown;
	long longest; /* characters of a word */
};

static struct trie *trie_of(const struct lexicon *l)
{
	int32_t end = lexicon_end(l);
	struct piece *pieces = must_alloc((size_t)end + 1, sizeof *pieces);
	int32_t *ids = must_alloc((size_t)end + 1, sizeof *ids);
	size_t n = 0;

	for (int32_t id = 0; id < end; id++)
		if (lexicon_piece(l, id)) {
			pieces[n] = *lexicon_piece(l, id);
			ids[n++] = id;
		}
	return trie_new(pieces, ids, n);
}

static int32_t unknown_of(const struct json_file *f, const struct lexicon *l)
{
	struct piece token =
		json_find(f, "unk_token") ? setting_piece(f, "unk_token") : piece_of("[UNK]");
	int32_t id = lexicon_id(l, token);

	if (id < 0)
		die("%s: 'unk_token' is '%s', which is not in the vocabulary", f->path, token.text);
	return id;
}

static void *open_word_piece(const struct json_file *f, struct lexicon **lexicon)
{
	struct word_piece *w = must_alloc(1, sizeof *w);
	struct piece sign = json_find(f, "continuing_subword_prefix")
				    ? setting_piece(f, "continuing_subword_prefix")
				    : piece_of("##");

	w->lexicon = *lexicon = vocabulary_of(f, "vocab");
	w->trie = trie_of(w->lexicon);
	w->unknown = unknown_of(f, w->lexicon);
	w->longest = json_int_or(f, "max_input_chars_per_word", 100);
	for (size_t i = 0; i < sign.length && w->inside >= 0; i++)
		w->inside = trie_step(w->trie, w->inside, (unsigned char)sign.text[i]);
	return w;
}

static long characters(struct piece word)
{
	long n = 0;

	for (size_t i = 0; i < word.length; i++)
		n += ((unsigned char)word.text[i] & 0xc0) != 0x80;
	return n;
}

static void split_word(void *opened, struct piece word, struct subwords *to, struct arena *a)
{
	const struct word_piece *w = opened;
	size_t before = to->count, n = 0;
	bool known = characters(word) <= w->longest;

	for (size_t i = 0; known && i < word.length; i += n) {
		int32_t id = trie_longest(
			w->trie, i ? w->inside : TRIE_ROOT, word.text + i, word.length - i, &n);

		known = id >= 0;
		if (known)
			subwords_add(to, id, *lexicon_piece(w->lexicon, id), a);
	}
	if (known)
		return;
	to->count = before;
	subwords_add(to, w->unknown, *lexicon_piece(w->lexicon, w->unknown), a);
}

static void *open_word_level(const struct json_file *f, struct lexicon **lexicon)
{
	struct word_piece *w = must_alloc(1, sizeof *w);

	w->lexicon = *lexicon = vocabulary_of(f, "vocab");
	w->unknown = unknown_of(f, w->lexicon);
	return w;
}

static void take_word(void *opened, struct piece word, struct subwords *to, struct arena *a)
{
	const struct word_piece *w = opened;
	int32_t id = lexicon_id(w->lexicon, word);

	id = id < 0 ? w->unknown : id;
	subwords_add(to, id, *lexicon_piece(w->lexicon, id), a);
}

const struct model_kind model_word_piece = { "WordPiece",
	(const char *const[]){ "vocab", "unk_token", "continuing_subword_prefix",
		"max_input_chars_per_word", NULL },
	open_word_piece, split_word };

const struct model_kind model_word_level = { "WordLevel",
	(const char *const[]){ "vocab", "unk_token", NULL }, open_word_level, take_word };
