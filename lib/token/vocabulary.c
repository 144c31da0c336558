/* SPDX-License-Identifier: Apache-2.0 */
#include "token/vocabulary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"
#include "release/release.h"
#include "vocab/numbers.h"
#include "vocab/whole.h"

struct tokenizer *tokenizer_open(
	const char *directory, const long sizes[2], long eos, const char *class)
{
	struct tokenizer *t = must_alloc(1, sizeof *t);

	t->directory = directory;
	t->eos = eos;
	t->class_name = class;
	for (int side = SOURCE; side <= TARGET; side++) {
		t->sides[side].file_name = "vocab.json";
		t->sides[side].size = sizes[side];
	}
	return t;
}

/* What changes the tokens of a text, and is not done. */
static void check_settings(const struct tokenizer *t)
{
	const struct json_file *f = &t->settings;

	if (json_bool_or(f, "split_special_tokens", false))
		die("%s: 'split_special_tokens' is true: not supported", f->path);
	if (!t->subword && t->class->by_settings && !json_bool_or(f, "add_prefix_space", true))
		die("%s: 'add_prefix_space' is false: not supported with a SentencePiece model",
			f->path);
}

/* tokenizer_config.json, which is optional, and what it says of both sides. */
static void read_settings(struct tokenizer *t)
{
	if (t->settings_read)
		return;
	t->settings_read = true;
	t->settings = json_file_try(t->directory, "tokenizer_config.json");
	if (json_bool_or(&t->settings, "separate_vocabs", false))
		t->sides[TARGET].file_name = "target_vocab.json";
	t->class = tokenizer_class_of(&t->settings, t->class_name);
	t->subword = whole_open(t->directory, &t->settings, t->class);
	if (!t->subword && splitter_of(t->directory, SOURCE) == &splitter_sentencepiece)
		t->class = tokenizer_class_by_files(OF_SIDES);
	check_settings(t);
	t->added = added_tokens_read(t->directory, &t->settings, t->class);
	t->names = special_names_read(t->directory, &t->settings, t->class);
}

long vocabulary_id(const struct vocabulary *v, const char *piece, size_t length)
{
	const json_t *id = json_object_getn(v->file.object, piece, length);

	if (v->subword)
		return subword_id(v->subword, (struct piece){ piece, length });
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

long vocabulary_added_id(const struct vocabulary *v, const struct added_token *token)
{
	return token->id >= 0 ? token->id : vocabulary_id(v, token->text, token->length);
}

static void index_added(const struct tokenizer *t, struct vocabulary *v)
{
	for (int i = 0; i < t->added.count; i++) {
		const struct added_token *token = &t->added.at[i];
		long id = vocabulary_added_id(v, token);

		if (id < 0 || id >= v->size)
			continue; /* an error where a text has it */
		v->pieces[id] = token->text;
		v->kind[id] = token->special ? ID_SPECIAL : ID_ADDED;
	}
}

/* A SentencePiece model's pieces have numbers of their own: of some classes we know what becomes of them. */
static void check_numbered(const struct tokenizer *t)
{
	if (t->class->files == BY_SPM || t->class->files == BY_FAIRSEQ)
		return;
	die("%s: tokenizer_class '%s' is not supported with a SentencePiece model alone; supported are "
	    "%s",
		t->settings.path, tokenizer_class_name(&t->settings, t->class_name),
		tokenizer_classes_by_spm());
}

/* Marian's own releases have no vocab.json. */
static void read_release(struct tokenizer *t, struct vocabulary *v, enum side side)
{
	struct json_file f = release_vocabulary(t->directory, side == TARGET, v->size);

	if (f.object)
		v->file = f;
}

/* The ids of pieces, of a file of their own or of the splitter's. */
static void read_ids(struct tokenizer *t, struct vocabulary *v, enum side side)
{
	const struct splitter *splitter = splitter_of(t->directory, side);

	if (!splitter->ids || t->class->files == WITH_SPM) {
		v->file = json_file_try(t->directory, v->file_name);
		if (v->file.object && t->class->language)
			v->file.object = numbers_with_languages(
				t->class, t->directory, &t->settings, v->file.object);
		if (!v->file.object)
			read_release(t, v, side);
		return;
	}
	check_numbered(t);
	json_t *pieces = json_object();

	open_splitter(t, side);
	v->file.path = splitter->ids(v->model, t->directory, pieces, &t->texts);
	v->file.object = class_numbers(t->class, t->directory, &t->settings, pieces);
	json_decref(pieces);
}

/* The size of a vocabulary that no model says. */
static long size_of(const struct tokenizer *t, const struct vocabulary *v)
{
	long size = t->subword ? subword_end(t->subword) : 0;
	const char *piece;
	json_t *id;

	json_object_foreach((json_t *)v->file.object, piece, id)
	{
		if (json_is_integer(id) && json_integer_value(id) >= size &&
			json_integer_value(id) < LEXICON_END)
			size = (long)json_integer_value(id) + 1;
	}
	for (int i = 0; i < t->added.count; i++)
		if (t->added.at[i].id >= size && t->added.at[i].id < LEXICON_END)
			size = t->added.at[i].id + 1;
	return size;
}

static void index_all(const struct tokenizer *t, struct vocabulary *v)
{
	if (!v->size)
		v->size = size_of(t, v);
	v->pieces = must_alloc((size_t)v->size + 1, sizeof *v->pieces);
	v->kind = must_alloc((size_t)v->size + 1, 1);
	for (long id = 0; t->subword && id < v->size; id++) {
		const struct piece *piece = subword_piece(t->subword, (int32_t)id);

		v->pieces[id] = piece ? piece->text : NULL;
	}
	if (t->subword)
		return;
	index_pieces(v);
	index_added(t, v);
}

static long special_id(const struct tokenizer *t, const struct vocabulary *v, const char *key)
{
	const char *name = special_name(&t->names, key);

	return name ? vocabulary_id(v, name, strlen(name)) : -1;
}

struct vocabulary *open_vocabulary(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = &t->sides[side];

	if (v->opened)
		return v;
	v->opened = true;
	read_settings(t);
	v->subword = t->subword;
	if (v->subword)
		v->file.path = t->directory;
	else
		read_ids(t, v, side);
	index_all(t, v);
	v->unknown_name = t->names.unk_token;
	v->unknown = special_id(t, v, "unk_token");
	v->eos = special_id(t, v, "eos_token");
	return v;
}

long end_of_sentence(struct tokenizer *t, enum side side)
{
	const struct vocabulary *v = open_vocabulary(t, side);

	if (t->eos == NO_END || (v->eos >= 0 && (side == SOURCE || t->eos == END_BY_CLASS)))
		return v->eos;
	return t->eos;
}

/* A side has no tokens: why. */
static _Noreturn void die_without(
	const struct tokenizer *t, const struct vocabulary *v, enum side side)
{
	struct stat st;

	if (stat(t->directory, &st))
		die_errno("cannot open %s", t->directory);
	if (!S_ISDIR(st.st_mode))
		die("%s: has no tokenizer in it; name the directory of a model, or give tokens as ids",
			t->directory);
	if (splitter_of(t->directory, side)->serves(t->directory, side))
		die("cannot open %s: %s; without it tokens can only be given as ids", v->file.path,
			strerror(ENOENT));
	die("%s: no tokenizer in it, whose files are one of: tokenizer.json; tokenizer.model, spiece.model or "
	    "sentencepiece.bpe.model; vocab.json with merges.txt, or with source.spm and target.spm; "
	    "vocab.txt; without them tokens can only be given as ids",
		t->directory);
}

struct vocabulary *must_open_vocabulary(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = open_vocabulary(t, side);

	if (!v->file.object && !v->subword)
		die_without(t, v, side);
	return v;
}

long tokenizer_mask(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = open_vocabulary(t, side);
	long id = t->class ? special_id(t, v, "mask_token") : -1;

	return id < v->size ? id : -1;
}

int tokenizer_special(struct tokenizer *t, enum side side, int32_t **ids)
{
	struct vocabulary *v = open_vocabulary(t, side);
	int n = 0;

	*ids = must_alloc((size_t)v->size + 1, sizeof **ids);
	for (long id = 0; id < v->size; id++) {
		const struct added *added =
			v->subword ? subword_added(v->subword, (int32_t)id) : NULL;

		if (added ? added->special : v->kind[id] == ID_SPECIAL)
			(*ids)[n++] = (int32_t)id;
	}
	return n;
}

/* What is wrong with a file ends the process: it is tried in one of its own, which says it. */
static bool opens_elsewhere(struct tokenizer *t)
{
	int status;

	fflush(stdout);
	pid_t child = fork();

	if (child < 0)
		die_errno("cannot start a process");
	if (!child) {
		die_last_words(NULL); /* it is the parent that writes */
		open_vocabulary(t, SOURCE);
		open_vocabulary(t, TARGET);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child)
		die_errno("cannot wait for a process");
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

void tokenizer_for_ids(struct tokenizer *t)
{
	if (opens_elsewhere(t))
		return;
	warn("so tokens have their ids as pieces");
	for (int side = SOURCE; side <= TARGET; side++) {
		struct vocabulary *v = &t->sides[side];

		v->opened = true;
		v->eos = v->unknown = -1;
		v->file.path = t->directory;
		v->pieces = must_alloc((size_t)v->size + 1, sizeof *v->pieces);
		v->kind = must_alloc((size_t)v->size + 1, 1);
	}
}

bool tokenizer_has_pieces(struct tokenizer *t, enum side side)
{
	const struct vocabulary *v = open_vocabulary(t, side);

	return v->subword || v->file.object;
}

void tokenizer_require(struct tokenizer *t, enum side side)
{
	must_open_vocabulary(t, side);
}

const char *tokenizer_piece(struct tokenizer *t, enum side side, int32_t id)
{
	struct vocabulary *v = open_vocabulary(t, side);

	if (id < 0 || id >= v->size)
		die("token %ld: the model has %ld tokens", (long)id, v->size);
	if (v->pieces[id])
		return v->pieces[id];
	if (!v->numbers)
		v->numbers = must_alloc((size_t)v->size, sizeof *v->numbers);
	if (!v->numbers[id])
		v->numbers[id] = arena_printf(&t->texts, "%ld", (long)id);
	return v->numbers[id];
}

bool try_splitter(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = &t->sides[side];

	if (v->model)
		return true;
	v->splitter = splitter_of(t->directory, side);
	if (!v->splitter->serves(t->directory, side))
		return false;
	open_splitter(t, side);
	return true;
}

void open_splitter(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = &t->sides[side];

	if (v->model)
		return;
	v->splitter = splitter_of(t->directory, side);
	v->model = v->splitter->open(t->directory, side, &t->settings);
}
