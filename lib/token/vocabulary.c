/* SPDX-License-Identifier: Apache-2.0 */
#include "token/vocabulary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

struct tokenizer *tokenizer_open(const char *directory, const long sizes[2], long eos)
{
	struct tokenizer *t = must_alloc(1, sizeof *t);

	t->directory = directory;
	t->eos = eos;
	for (int side = SOURCE; side <= TARGET; side++) {
		t->sides[side].file_name = "vocab.json";
		t->sides[side].size = sizes[side];
	}
	return t;
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
	t->added = added_tokens_read(t->directory, &t->settings);
}

long vocabulary_id(const struct vocabulary *v, const char *piece, size_t length)
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

struct vocabulary *open_vocabulary(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = &t->sides[side];
	const char *eos;

	if (v->opened)
		return v;
	v->opened = true;
	read_settings(t);
	v->pieces = must_alloc((size_t)v->size, sizeof *v->pieces);
	v->kind = must_alloc((size_t)v->size, 1);
	v->file = json_file_try(t->directory, v->file_name);
	index_pieces(v);
	index_added(t, v);
	v->unknown_name = special_token_name(t->directory, &t->settings, "unk_token", "<unk>");
	v->unknown = vocabulary_id(v, v->unknown_name, strlen(v->unknown_name));
	eos = special_token_name(t->directory, &t->settings, "eos_token", "</s>");
	v->eos = vocabulary_id(v, eos, strlen(eos));
	return v;
}

struct vocabulary *must_open_vocabulary(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = open_vocabulary(t, side);

	if (!v->file.object)
		die("cannot open %s: %s; without it tokens can only be given as ids", v->file.path,
			strerror(ENOENT));
	return v;
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
