/* SPDX-License-Identifier: Apache-2.0 */
#include "model/tokenizer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/utf8.h"
#include "ckpt/pointer.h"
#include "model/sentencepiece.h"

/* The tokens of one side; each part is opened when it is first needed. */
struct vocabulary {
	const char *file_name, *splitter_name;
	long size;
	bool opened;
	struct json_file file; /* piece -> id; object NULL: none */
	const char **pieces;   /* by id */
	long unknown, eos;     /* -1: not in the file */
	struct splitter *splitter;
};

struct tokenizer {
	const char *directory;
	struct vocabulary sides[2];
	struct json_file settings;
	bool settings_read;
	long eos; /* the model's own */
	struct arena texts;
};

struct tokenizer *tokenizer_open(const char *directory, const struct model_config *config)
{
	struct tokenizer *t = must_alloc(1, sizeof *t);
	struct vocabulary *source = &t->sides[TOKENIZER_SOURCE];
	struct vocabulary *target = &t->sides[TOKENIZER_TARGET];

	t->directory = directory;
	t->eos = config->eos_token_id;
	source->splitter_name = "source.spm";
	source->file_name = "vocab.json";
	source->size = config->vocab_size;
	target->splitter_name = "target.spm";
	target->file_name = "vocab.json";
	target->size = config->decoder_vocab_size;
	return t;
}

/* tokenizer_config.json, which is optional, and what it says of both sides. */
static void read_settings(struct tokenizer *t)
{
	const json_t *options;

	if (t->settings_read)
		return;
	t->settings_read = true;
	t->settings = json_file_try(t->directory, "tokenizer_config.json");
	if (json_bool_or(&t->settings, "separate_vocabs", false))
		t->sides[TOKENIZER_TARGET].file_name = "target_vocab.json";
	options = json_find(&t->settings, "sp_model_kwargs");
	if (json_is_true(json_object_get(options, "enable_sampling")))
		die("%s: 'enable_sampling' is true: random pieces are not supported",
			t->settings.path);
}

/* A special token's name: a string, or an object that holds it as "content". */
static const char *special(const struct tokenizer *t, const char *key, const char *otherwise)
{
	const json_t *value = json_find(&t->settings, key);

	if (json_is_object(value))
		value = json_object_get(value, "content");
	return json_is_string(value) ? json_string_value(value) : otherwise;
}

/* -1: no such piece. */
static long lookup(const struct vocabulary *v, const char *piece, size_t length)
{
	const json_t *id = json_object_getn(v->file.object, piece, length);

	return id ? (long)json_integer_value(id) : -1;
}

static void index_pieces(struct vocabulary *v)
{
	const char *piece;
	json_t *value;
	long id;

	json_object_foreach((json_t *)v->file.object, piece, value)
	{
		if (!json_is_integer(value))
			die("%s: the id of '%s' must be a whole number", v->file.path, piece);
		id = (long)json_integer_value(value);
		if (id < 0 || id >= v->size)
			die("%s: '%s' has id %ld, but the model has %ld tokens", v->file.path,
				piece, id, v->size);
		v->pieces[id] = piece;
	}
}

static struct vocabulary *open_vocabulary(struct tokenizer *t, enum tokenizer_side side)
{
	struct vocabulary *v = &t->sides[side];
	const char *name;

	if (v->opened)
		return v;
	v->opened = true;
	read_settings(t);
	v->pieces = must_alloc((size_t)v->size, sizeof *v->pieces);
	v->file = json_file_try(t->directory, v->file_name);
	index_pieces(v);
	name = special(t, "unk_token", "<unk>");
	v->unknown = lookup(v, name, strlen(name));
	name = special(t, "eos_token", "</s>");
	v->eos = lookup(v, name, strlen(name));
	return v;
}

/* The same where pieces have to be found. */
static struct vocabulary *must_open_vocabulary(struct tokenizer *t, enum tokenizer_side side)
{
	struct vocabulary *v = open_vocabulary(t, side);

	if (!v->file.object)
		die("cannot open %s: %s; without it tokens can only be given as ids", v->file.path,
			strerror(ENOENT));
	return v;
}

static long end_of_sentence(
	const struct tokenizer *t, const struct vocabulary *v, enum tokenizer_side side)
{
	return side == TOKENIZER_SOURCE && v->eos >= 0 ? v->eos : t->eos;
}

const char *tokenizer_piece(struct tokenizer *t, enum tokenizer_side side, int32_t id)
{
	struct vocabulary *v = open_vocabulary(t, side);

	if (id < 0 || id >= v->size)
		die("token %ld: the model has %ld tokens", (long)id, v->size);
	if (!v->pieces[id])
		v->pieces[id] = arena_printf(&t->texts, "%ld", (long)id);
	return v->pieces[id];
}

static struct token_list list_for(struct arena *a, size_t count)
{
	if (count >= INT32_MAX)
		die("too many tokens in a line");
	return (struct token_list){ arena_array(a, count, sizeof(int32_t)),
		arena_array(a, count, sizeof(char *)), 0 };
}

static void append(struct token_list *list, long id, const char *piece)
{
	list->ids[list->count] = (int32_t)id;
	list->pieces[list->count++] = piece;
}

/* A piece by its text; one that is not in the vocabulary keeps its text and is "unknown". */
static void append_piece(struct token_list *list, const struct vocabulary *v, const char *piece,
	size_t length, struct arena *a)
{
	long id = lookup(v, piece, length);

	if (id >= 0) {
		append(list, id, v->pieces[id]);
		return;
	}
	if (v->unknown < 0)
		die("'%.*s' is not in %s, which has no token for the unknown",
			(int)(length < 100 ? length : 100), piece, v->file.path);
	append(list, v->unknown, arena_text(a, piece, length));
}

static void append_end(struct tokenizer *t, enum tokenizer_side side, struct token_list *list)
{
	long eos = end_of_sentence(t, &t->sides[side], side);

	if (!list->count || list->ids[list->count - 1] != eos)
		append(list, eos, tokenizer_piece(t, side, (int32_t)eos));
}

static void check_utf8(const char *text)
{
	size_t size = strlen(text);

	for (size_t i = 0, n; i < size; i += n)
		if (!(n = utf8_char(text + i, size - i)))
			die("not valid UTF-8 at byte %zu", i + 1);
}

static struct splitter *open_splitter(struct tokenizer *t, enum tokenizer_side side)
{
	struct vocabulary *v = &t->sides[side];
	char *path;

	if (v->splitter)
		return v->splitter;
	path = path_join(t->directory, v->splitter_name);
	pointer_check(path);
	if (access(path, R_OK))
		die_errno("cannot open %s", path);
	v->splitter = splitter_open(path);
	if (!v->splitter)
		die("%s: not a SentencePiece model", path);
	free(path);
	return v->splitter;
}

/* Length of the language code in front, ">>" to the next "<<"; 0: none. */
static size_t language_code(const char *text)
{
	const char *end;

	if (strncmp(text, ">>", 2) || !text[2])
		return 0;
	end = strstr(text + 3, "<<");
	return end ? (size_t)(end + 2 - text) : 0;
}

struct token_list tokenizer_encode(
	struct tokenizer *t, enum tokenizer_side side, const char *text, struct arena *a)
{
	struct vocabulary *v = must_open_vocabulary(t, side);
	struct splitter *splitter = open_splitter(t, side);
	const struct splitter_piece *pieces;
	size_t code = language_code(text);
	struct token_list list;
	int n;

	check_utf8(text);
	n = splitter_encode(splitter, text + code, strlen(text + code), &pieces);
	if (n < 0)
		die("%s cannot split this line", v->splitter_name);
	list = list_for(a, (size_t)n + 2);
	if (code)
		append_piece(&list, v, text, code, a);
	for (int i = 0; i < n; i++)
		append_piece(&list, v, pieces[i].text, pieces[i].length, a);
	append_end(t, side, &list);
	return list;
}

/* An upper bound of the words of a text. */
static size_t word_count(const char *text)
{
	return strlen(text) / 2 + 1;
}

/* The next word: spaces before it are skipped, its length is given; NULL: none. */
static const char *next_word(const char **text, size_t *length)
{
	const char *word = *text + strspn(*text, " ");

	*length = strcspn(word, " ");
	*text = word + *length;
	return *length ? word : NULL;
}

struct token_list tokenizer_pieces(
	struct tokenizer *t, enum tokenizer_side side, const char *text, struct arena *a)
{
	struct vocabulary *v = must_open_vocabulary(t, side);
	struct token_list list = list_for(a, word_count(text) + 1);
	const char *word;
	size_t length;

	check_utf8(text);
	while ((word = next_word(&text, &length)))
		append_piece(&list, v, word, length, a);
	append_end(t, side, &list);
	return list;
}

struct token_list tokenizer_ids(
	struct tokenizer *t, enum tokenizer_side side, const char *text, struct arena *a)
{
	struct token_list list = list_for(a, word_count(text) + 1);
	long size = t->sides[side].size;
	const char *word;
	size_t length;

	while ((word = next_word(&text, &length))) {
		char *end;
		long id = *word >= '0' && *word <= '9' ? strtol(word, &end, 10) : -1;

		if (id < 0 || end != word + length || id >= size)
			die("'%.*s' is not a token id from 0 to %ld",
				(int)(length < 100 ? length : 100), word, size - 1);
		append(&list, id, tokenizer_piece(t, side, (int32_t)id));
	}
	if (side == TOKENIZER_TARGET)
		append_end(t, side, &list);
	return list;
}
